//! Bytes that are no header, and line ends of all kinds.

use crate::check::{accepted, assert_refusal, read_files, refused};

fn read_bytes(bytes: &[u8]) -> Result<driver_differ::model::Domain, String> {
    read_files(vec![("a.h", bytes.to_vec())]).map(|(domain, _)| domain)
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    for (bytes, place, message) in [
        (&b"int a;\n\0"[..], "a.h:2", "a NUL byte"),
        (b"#define A \0 1\n#if A\n#endif\n", "a.h:2", "a NUL byte"),
        (b"\x7fELF\x02\x01\x01\0\0\0", "a.h:1", "unexpected byte 0x7f"),
        (b"\n\xff\xfei\0n\0t\0", "a.h:2", "unexpected byte 0xff"),
        (b"struct s\n{ int \xe9; };\n", "a.h:2", "unexpected byte 0xe9"),
        (b"\n\x1b[31m", "a.h:2", "unexpected byte 0x1b"),
        (b"int a;\r#define A 1\r", "a.h:1", "a carriage return without a line feed"),
        (b"\n/* a\n", "a.h:2", "comment is not closed"),
        (b"#define A 1 /* a\n\n", "a.h:1", "comment is not closed"),
        (b"#if 1 /*\n#endif", "a.h:1", "comment is not closed"),
        (b"\nchar *a = \"b\n\";", "a.h:2", "literal is not closed"),
        (b"\nchar a = 'b", "a.h:2", "literal is not closed"),
        (b"\nchar a = '\\", "a.h:2", "literal is not closed"),
        (b"\nchar *a = R\"(\")\";", "a.h:2", "raw strings are not supported"),
        (b"%:define A 1\n", "a.h:1", "digraphs are not supported"),
        (b"\nint lo\\\nng;\n", "a.h:2", "a token is continued on the next line"),
        (b"\nint a = 1 <\\\n< 2;\n", "a.h:2", "a token is continued on the next line"),
        (b"\nint a = 1\\\n.5;\n", "a.h:2", "a token is continued on the next line"),
        (b"#define LO\\\nNG 1\n", "a.h:1", "a token is continued on the next line"),
        (b"int a", "a.h:1", "is not finished at the end"),
    ] {
        let error = read_bytes(bytes).expect_err(&bytes.escape_ascii().to_string());
        assert_refusal(&bytes.escape_ascii().to_string(), &error, place, message);
    }
}

#[test]
fn bytes_of_any_encoding_may_stand_in_comments_and_strings() {
    let domain =
        read_bytes(b"/* \xe9\0 */ struct s { int a; }; // \xff\nchar *t = \"\xe9\"; char c = '\xe9';\n").unwrap();
    assert_eq!(domain.records["s"].size, 4);
}

#[test]
fn line_ends_and_marks_of_all_kinds_are_taken() {
    for text in [
        "struct s { int a; };\r\n#define A 1\r\n#define B \\\r\n 2\r\n",
        "\u{feff}struct s { int a; };\n#define A 1\n#define B 2",
        "struct s { int a; };\n#define A \\  \n 1\n#define B 2 // no \\ \n end",
        "struct\\\n s\\\n {\\\n int\\\n a\\\n ;\\\n };\n#define\\\n A\\\n 1\n#\\\ndefine B \\\n\\\n\\\n 2\n",
        "\x0c\n/* a */ # /* b */ define /* c */ A /* d */ 1\n#define B 2\n\x0bstruct s { int a; };\x0c",
    ] {
        let domain = accepted(text);
        assert_eq!((domain.records["s"].size, domain.constants["A"], domain.constants["B"]), (4, 1, 2), "{text:?}");
    }
    assert_eq!(read_bytes(b"").unwrap(), Default::default());
    assert_eq!(accepted("#define A '\\\nb'\n").constants["A"], 98);
}

#[test]
fn a_file_beyond_the_limit_is_refused() {
    let large = vec![b' '; (16 << 20) + 1];
    let error = read_bytes(&large).unwrap_err();
    assert_refusal("large", &error, "a.h:1", "the file has 16777217 bytes, more than the 16777216 allowed");
    assert_eq!(read_bytes(&large[1..]).unwrap(), Default::default());
}

#[test]
fn noise_is_refused() {
    let mut state = 1u64;
    for length in 1..500 {
        let noise: Vec<u8> = (0..length)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect();
        // Any answer will do; a few short ones are headers.
        let _ = read_bytes(&noise);
    }
    refused("@\n", "a.h:1", "not finished");
}
