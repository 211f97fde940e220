struct s0 { struct s1 *n; };
struct s1 { struct s2 *n; };
struct s2 { struct s0 *n; };
