import assert from "node:assert/strict";
import fc from "fast-check";
import { subjectOf } from "../../lib/jetstream/subject.ts";
import { anyTopic } from "./topics.ts";

Deno.test("subjectOf() gives every topic a subject that NATS takes, without wildcards", () => {
  fc.assert(fc.property(anyTopic, (topic) => {
    const subject = subjectOf("sekali", topic);
    assert.match(subject, /^sekali\.events(?:\.[^\s.*>]+)+$/u);
    assert.ok(new TextEncoder().encode(subject).length < 4_000);
  }));
});

Deno.test("subjectOf() never gives two topics the same subject", () => {
  fc.assert(fc.property(anyTopic, anyTopic, (one, other) => {
    assert.equal(subjectOf("s", one) === subjectOf("s", other), one === other);
  }));
});

Deno.test("subjectOf() leaves an ordinary topic as it is", () => {
  assert.equal(subjectOf("logs", "app.log.Überweisung_1-a"), "logs.events.app.log.Überweisung_1-a");
});
