/* One record per way in which fields change. */
#include "nvtypes.h"

typedef struct { NvU32 first; NvU32 last; } FIELD_ADDED;

typedef struct { NvU32 first; NvU32 gone; NvU64 last; } FIELD_REMOVED;

typedef struct { NvU32 first; NvU32 oldName; } FIELD_RENAMED;

typedef struct { NvU32 first; NvU32 value; } FIELD_RETYPED;

typedef struct { NvU32 first; NvU32 second; NvU32 third; } FIELDS_REORDERED;

typedef struct { NvU32 count; NvU32 list[4]; NvU32 flags; } ARRAY_GREW;

typedef union { NvU32 small; NvU64 large; } UNION_MEMBER_ADDED;

typedef struct { NvU32 mode : 3; NvU32 enable : 1; NvU32 rest : 28; } BIT_FIELD_CHANGED;

/* The same size, and not one field where it was. */
typedef struct { NvU64 stamp; NvU32 a; NvU32 b; } SHIFTED_AT_SAME_SIZE;

typedef struct {
    NvU32 f0, f1, f2, f3, f4, f5, f6, f7;
} MANY_MOVED;

typedef struct {
    NvU32 kind;
    union { NvU32 index; NvU64 address; };
    struct { NvU32 low; NvU32 high; } range;
} UNNAMED_CHANGED;

typedef struct { NvU32 a; } BECAME_UNION;

typedef struct { NvU32 a; NvU32 b; } ALIGNMENT_CHANGED;
