/**
 * Topics of every kind, those that NATS would not take as they are among them.
 */
import fc from "fast-check";

export const anyTopic = fc.oneof(
  fc.constantFrom(
    "app.log.hello",
    ".",
    "..",
    "*",
    ">",
    "a.*",
    "a.>",
    " ",
    "%",
    "%20",
    "a..b",
    "ü.日本",
  ),
  fc.string({ minLength: 1, maxLength: 255, unit: fc.constantFrom(..."aB.*> %\t\u00a0é日") }),
  fc.string({ minLength: 1, maxLength: 30, unit: "grapheme" }).filter((text) =>
    !text.includes("\0")
  ),
);
