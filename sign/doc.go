// Package sign makes and checks the signatures of a release: security catalogs, Authenticode signatures in PE files,
// cabinets and Windows Installer databases, RFC 3161 time stamps, and the keys all of them need.
//
// Rules every signature of this package keeps:
//
//   - There is one CMS builder (cms.go). It writes certificates, attributes and every SET in DER order (X.690 11.6), which
//     Windows demands of catalogs since October 2020 (KB4580358) and Wine of everything.
//   - No signingTime attribute is written, so a signature without a time stamp depends on nothing but its input and the key:
//     with an RSA key, and with an in-memory ECDSA key, signing again gives the same bytes.
//   - A file is written aside, verified with this package's own verifier, and only then renamed into place.
//   - The library never reads the clock: Options.Now and VerifyOptions.At are the caller's.
//
// relic (github.com/sassoftware/relic) gives the CMS types, the cabinet and compound file patching and the binary patches.
// Its lib/authenticode is used by the tests only, as a second opinion: its signing calls do not sort, its PE digest refuses
// images with gaps between sections, and it does not compile for windows/arm64, where this package works.
//
// Nothing on the target imports this package.
package sign
