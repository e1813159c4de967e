import protobuf from 'protobufjs/minimal.js'

// The generated code takes its runtime from here (pbjs --dependency): int64 become plain numbers. protobufjs would switch to
// Long objects wherever the package `long` happens to be installed. Our numbers stay below 2^53; a larger one loses precision, which the mark checks refuse.
Reflect.set(protobuf.util, 'Long', null)
protobuf.configure()

export default protobuf
