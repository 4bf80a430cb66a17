/**
 * Is a record's head found wherever it stands, and no other taken for one?
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodeHead,
  encodeHead,
  findHeads,
  isIntact,
  RECORD_HEAD_BYTES,
  type RecordHead,
} from "../../lib/journal/record.ts";
import { crc32 } from "node:zlib";

const head: fc.Arbitrary<RecordHead> = fc.record({
  id: fc.maxSafeNat(),
  commit: fc.maxSafeNat(),
  acceptedAt: fc.maxSafeNat(),
  events: fc.nat(),
  bytes: fc.nat(),
  checksum: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
}, { noNullPrototype: true });

Deno.test("a head reads as it was written, at any place", () => {
  fc.assert(fc.property(head, fc.nat(100), (head, at) => {
    const bytes = new Uint8Array(at + RECORD_HEAD_BYTES);
    encodeHead(head, bytes, at);
    assert.deepEqual(decodeHead(bytes, at), head);
    assert.deepEqual([...findHeads(bytes, 0)], [{ at, head }]);
  }));
});

Deno.test("a head of which any bit has changed, or the end is missing, is none", () => {
  fc.assert(
    fc.property(head, fc.nat(RECORD_HEAD_BYTES - 1), fc.nat(7), (head, at, bit) => {
      const bytes = new Uint8Array(RECORD_HEAD_BYTES);
      encodeHead(head, bytes, 0);
      assert.equal(decodeHead(bytes.subarray(0, at), 0), undefined);
      bytes[at]! ^= 1 << bit;
      assert.equal(decodeHead(bytes, 0), undefined);
      assert.deepEqual([...findHeads(bytes, 0)], []);
    }),
  );
});

Deno.test("no head is found in text, in zeros, nor in what is left of one", () => {
  const bytes = new Uint8Array(RECORD_HEAD_BYTES);
  encodeHead({ id: 1, commit: 1, acceptedAt: 2, events: 3, bytes: 4, checksum: 5 }, bytes, 0);
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.nat(40), (text, left) => {
    const parts = [new TextEncoder().encode(text), new Uint8Array(99), bytes.subarray(left + 1)];
    assert.deepEqual([...findHeads(Uint8Array.from(parts.flatMap((part) => [...part])), 0)], []);
  }));
});

Deno.test("isIntact() tells JSON that was cut short or altered from what was written", () => {
  const json = new TextEncoder().encode('{"a":1}');
  const record = new Uint8Array(RECORD_HEAD_BYTES + json.length);
  const head = { id: 1, commit: 1, acceptedAt: 2, events: 1, bytes: 7, checksum: crc32(json) };
  encodeHead(head, record, 0);
  record.set(json, RECORD_HEAD_BYTES);
  assert.ok(isIntact(record, 0, head));
  assert.ok(!isIntact(record.subarray(0, -1), 0, head));
  record[RECORD_HEAD_BYTES + 3]! ^= 1;
  assert.ok(!isIntact(record, 0, head));
});
