typedef int (*fn_t)(void), arr_t[4], *ptr_t, (*pa_t)[2], *ap_t[3], (*(*deep_t)(int))[5];
struct uses { fn_t f; arr_t a[2]; ptr_t p; pa_t pa; ap_t ap; deep_t d; const volatile int *restrict q; };
typedef struct uses uses_t; typedef uses_t alias_t; typedef alias_t many_t[sizeof(arr_t) / sizeof(int)];
struct fwd; typedef struct fwd *fwd_ptr; struct fwd { fwd_ptr next; many_t m; };
struct nest { struct { struct { int x; } a, b; } c, d; union { int i; float f; }; };
