/* Padding that comes, goes, and becomes a field. */
#include "nvtypes.h"

typedef struct { NvU64 address; NvU32 flags; } PADDING_AT_END_BECAME_FIELD;

typedef struct { NvU32 flags; NvU64 address; } PADDING_WITHIN_BECAME_FIELD;

typedef struct { NvU8 kind; NvU64 address; } PADDING_PARTLY_FILLED;

typedef struct { NvU32 flags; NvU32 reserved; NvU64 address; } FIELD_BECAME_PADDING;

typedef struct { NvU32 a; NvU64 b; } PADDING_WITHIN_GREW;

typedef struct { NvU64 a; NvU8 b; } PADDING_AT_END_SHRANK;
