/* é
 */ #define X \
 1 \
 + 2
typedef /* c */ struct\
{ int a; // b \
 c
 } T;
static inline int f(int x) { if (x) { return ";{"[0]; } return ';'; }
extern T t;
int array[] = { 1, 2, };