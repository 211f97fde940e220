#pragma once
#pragma pack(push, 1)
struct a { char c; int i; };
#pragma pack(2)
struct b { char c; int i; long long l : 33; };
#pragma pack(pop)
#pragma pack(4)
struct c { char c; long l; };
#pragma pack()
struct d { char c; long l; };
