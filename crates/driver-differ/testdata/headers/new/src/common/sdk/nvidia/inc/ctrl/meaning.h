/* What a proxy must translate comes and goes. */
#include "nvtypes.h"

typedef struct { NvU32 count; NvU8 *list; } GAINED_C_POINTER;

typedef struct { NvU32 count; NvU32 pad; NvP64 list; } GAINED_NVP64;

typedef struct { NvP64 opaque; } RETYPED_TO_POINTER;

typedef void (*Callback)(void *context);
typedef struct { NvU32 flags; Callback done; } GAINED_CALLBACK;

typedef struct { NvU32 flags; NvS32 eventFd; } GAINED_DESCRIPTOR;

typedef struct { NvU32 count; } LOST_POINTER;

typedef struct { NvP64 newList; NvU32 count; } POINTER_RENAMED;

typedef struct { NvU32 value; NvS32 fd; } NESTED_PART;

typedef struct { NvU32 flags; NESTED_PART part; NvU32 last; } NESTED_CHANGED;
