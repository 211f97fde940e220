/* Records, aliases and constants that come, go and change their names. */
#include "nvtypes.h"

typedef struct { NvU32 first; NvU64 unmistakable; } OLD_RECORD_NAME;

typedef struct { NvU32 onlyHere; } RECORD_REMOVED;

typedef struct { NvU32 theOnlyField; NvU32 a_name_so_long_that_no_table_on_any_terminal_would_ever_hold_it_in_one_line; } A_RECORD_WITH_A_NAME_SO_LONG_THAT_IT_ALONE_FILLS_A_WHOLE_LINE_OF_A_TERMINAL;

typedef struct { NvU32 a; } LOST_PART;

typedef struct { LOST_PART part; } PART_LOST;

typedef NvU32 ALIAS_CHANGED;
typedef NvU32 ALIAS_REMOVED;
typedef enum { CHOICE_A, CHOICE_B } ALIAS_KEPT;

#define CONSTANT_MOVED 0x20801301
#define CONSTANT_REMOVED 3
#define CONSTANT_KEPT 4
#define CONSTANT_NEGATIVE (-1)
