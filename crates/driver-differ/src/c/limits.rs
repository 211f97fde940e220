//! Bounds on what a header may ask of us.
//!
//! Each is far above what any of NVIDIA's releases needs (given beside it, largest over all 193), and low
//! enough that a hostile header ends in an error within seconds and a few hundred megabytes.

/// Bytes of one header (largest: 436 KB).
pub(crate) const FILE_BYTES: usize = 16 << 20;
/// Tokens of one header outside its directives (about 60,000).
pub(crate) const FILE_TOKENS: usize = 4 << 20;
/// Directives of one header (about 10,000).
pub(crate) const FILE_DIRECTIVES: usize = 1 << 20;
/// Bytes of one identifier (about 80).
pub(crate) const NAME_BYTES: usize = 1 << 10;
/// Bytes of memory that the headers read in one session take, cut up and indexed (all 193 releases: 93 MB).
pub(crate) const SESSION_BYTES: usize = 384 << 20;
/// Bytes of the files of one translation unit, repeats counted.
pub(crate) const UNIT_BYTES: usize = 256 << 20;
/// Bytes of a name in `#include` (about 60); the system's own limit on paths.
pub(crate) const PATH_BYTES: usize = 1 << 12;
/// Tags of tags in a repository (1).
pub(crate) const TAGS: usize = 16;
/// Files included, counting repeats, in one translation unit (about 1000).
pub(crate) const INCLUDES: usize = 100_000;
/// Nested `#include`s (about 10).
pub(crate) const INCLUDE_DEPTH: usize = 200;
/// Nested conditionals in one file (about 5).
pub(crate) const CONDITIONAL_DEPTH: usize = 1000;
/// Tokens that one translation unit may have after expansion (about 200,000).
pub(crate) const UNIT_TOKENS: usize = 8 << 20;
/// Tokens that one directive or one macro's use may expand to (about 2000).
pub(crate) const EXPANSION_TOKENS: usize = 1 << 18;
/// Tokens that one macro's body, taken as a constant, may expand to (about 2000).
pub(crate) const CONSTANT_TOKENS: usize = 1 << 16;
/// Tokens that macro expansion of one translation unit may copy, arguments and intermediate ones counted.
pub(crate) const TOTAL_EXPANSION_TOKENS: usize = 16 << 20;
/// Parameters of one macro (about 20); C asks for 127.
pub(crate) const MACRO_PARAMETERS: usize = 1 << 12;
/// Bytes of one spelling that `#` or `##` makes (about 60).
pub(crate) const MADE_SPELLING_BYTES: usize = 1 << 16;
/// Bytes of all such spellings in one session.
pub(crate) const MADE_BYTES: usize = 512 << 20;
/// Macros being expanded inside one another (about 15).
pub(crate) const EXPANSION_DEPTH: usize = 200;
/// Nesting of parentheses and operators in a constant expression (about 20).
pub(crate) const EXPRESSION_DEPTH: usize = 128;
/// Nesting of types and declarators (about 6).
pub(crate) const TYPE_DEPTH: usize = 128;
/// Tokens of one declaration (about 4000).
pub(crate) const DECLARATION_TOKENS: usize = 1 << 19;
/// Pointers and arrays through which two types are compared (about 2).
pub(crate) const COMPARED_DEPTH: usize = 1000;
/// Bytes an object may take; C's own limit is PTRDIFF_MAX.
pub(crate) const OBJECT_BYTES: u64 = i64::MAX as u64;
/// Records of one translation unit, each name of a nested one counted (about 2400).
pub(crate) const RECORDS: usize = 1 << 18;
/// Bytes of all layouts of one translation unit, names included (about 2 MB).
pub(crate) const OUTPUT_BYTES: usize = 256 << 20;
/// Dimensions of an array, those of a typedef'd element counted (3).
pub(crate) const DIMENSIONS: usize = 64;
/// Bytes of one declaration (about 40,000).
pub(crate) const DECLARATION_BYTES: usize = 8 << 20;
/// Bytes of all distinct declarations of a session: the grammar's parser takes a second for some ten million.
pub(crate) const DECLARATIONS_BYTES: usize = 128 << 20;
/// Files that are read of one directory of sources (about 900; a whole tree has some 3800).
pub(crate) const TREE_FILES: usize = 1 << 16;
/// Bytes of all of them, which are kept (about 20 MB).
pub(crate) const TREE_BYTES: usize = 256 << 20;
/// Names in one directory (about 400).
pub(crate) const DIRECTORY_ENTRIES: usize = 1 << 16;
