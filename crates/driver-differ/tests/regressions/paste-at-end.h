#define A \
 x ## 
typedef int t[A];
