#include "nvtypes.h"

typedef struct { NvU32 first; NvP64 list; } HEADER_MOVED;
