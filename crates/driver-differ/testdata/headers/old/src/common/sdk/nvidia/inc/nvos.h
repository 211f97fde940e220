/* Names that the proxy knows, with fields of our own. */
#include "nvtypes.h"

#define NV_ESC_RM_FREE 41

typedef struct { NvHandle root; NvHandle object; NvU32 status; } NVOS00_PARAMETERS;

typedef struct { NvHandle client; NvU64 length; NvU32 status; } NVOS34_PARAMETERS;
