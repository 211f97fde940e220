typedef struct { unsigned long long base; unsigned long long length; unsigned int status; } UVM_FREE_PARAMS;
