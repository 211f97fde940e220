/* One record per way in which fields change. */
#include "nvtypes.h"

typedef struct { NvU32 first; NvU32 last; NvU64 extra; } FIELD_ADDED;

typedef struct { NvU32 first; NvU64 last; } FIELD_REMOVED;

typedef struct { NvU32 first; NvU32 newName; } FIELD_RENAMED;

typedef struct { NvU32 first; NvS32 value; } FIELD_RETYPED;

typedef struct { NvU32 third; NvU32 first; NvU32 second; } FIELDS_REORDERED;

typedef struct { NvU32 count; NvU32 list[6]; NvU32 flags; } ARRAY_GREW;

typedef union { NvU32 small; NvU64 large; NvU8 bytes[8]; } UNION_MEMBER_ADDED;

typedef struct { NvU32 mode : 4; NvU32 enable : 1; NvU32 rest : 27; } BIT_FIELD_CHANGED;

/* The same size, and not one field where it was. */
typedef struct { NvU32 a; NvU32 b; NvU64 stamp; } SHIFTED_AT_SAME_SIZE;

typedef struct {
    NvU64 inserted;
    NvU32 f0, f1, f2, f3, f4, f5, f6, f7;
} MANY_MOVED;

typedef struct {
    NvU32 kind;
    union { NvU32 index; NvU64 address; NvU64 extent[2]; };
    struct { NvU32 low; NvU32 high; NvU32 step; } range;
} UNNAMED_CHANGED;

typedef union { NvU32 a; } BECAME_UNION;

typedef struct { NvU32 a; NvU32 b; } __attribute__((aligned(8))) ALIGNMENT_CHANGED;
