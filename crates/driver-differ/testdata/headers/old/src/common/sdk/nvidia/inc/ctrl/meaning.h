/* What a proxy must translate comes and goes. */
#include "nvtypes.h"

typedef struct { NvU32 count; } GAINED_C_POINTER;

typedef struct { NvU32 count; NvU32 pad; } GAINED_NVP64;

typedef struct { NvU64 opaque; } RETYPED_TO_POINTER;

typedef void (*Callback)(void *context);
typedef struct { NvU32 flags; } GAINED_CALLBACK;

typedef struct { NvU32 flags; } GAINED_DESCRIPTOR;

typedef struct { NvU32 count; NvP64 list; } LOST_POINTER;

typedef struct { NvP64 oldList; NvU32 count; } POINTER_RENAMED;

typedef struct { NvU32 value; } NESTED_PART;

typedef struct { NvU32 flags; NESTED_PART part; NvU32 last; } NESTED_CHANGED;
