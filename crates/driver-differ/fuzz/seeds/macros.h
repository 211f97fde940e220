#define EMPTY
#define ONE 1
#define HEX 0xFFFFFFFFU
#define RANGE 31:0
#define TEXT "text // not a comment"
#define SUM (ONE + 2 * (3 << 4) - 'a' / 2 % 7)
#define CHOICE (ONE ? sizeof(int) : 0)
#define CAST ((unsigned char)~0)
#define CAT(a, b) a##b
#define XCAT(a, b) CAT(a, b)
#define STR(x) #x
#define XSTR(x) STR(x)
#define CALL(f, ...) f(__VA_ARGS__)
#define GNU(f, args...) f(1, ## args)
#define SELF SELF + 1
#define PING PONG
#define PONG PING
#define DRF_SHIFT(drf) ((0 ? drf) % 32)
#define SHIFTED DRF_SHIFT(RANGE)
#define FIELD(n) int CAT(field, n); char XCAT(c, ONE)[SHIFTED + 1]; char *CAT(s, n)
#define ID(x) x
#define LATE ID ID(ID)(ID)(2)
struct made { FIELD(1); CALL(ID, int last;) };
int v = GNU(ID
);
char *spelled = XSTR(SUM);
