typedef struct { unsigned long long base; unsigned int status; } UVM_FREE_PARAMS;
