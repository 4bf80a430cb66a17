/**
 * Is a rate the mean over the last seconds, whatever the pauses between the amounts?
 */
import assert from "node:assert/strict";
import { RATE_WINDOW_MS, RETRY_AFTER_MS } from "../lib/limits.ts";
import { Meters, Rate, retryAfterSeconds } from "../lib/meters.ts";

const SECONDS = RATE_WINDOW_MS / 1000;

Deno.test("perSecond() is 0 before anything has come", () => {
  assert.equal(new Rate().perSecond(0), 0);
  assert.equal(new Rate().perSecond(1e12), 0);
});

Deno.test("perSecond() is the mean over the whole seconds of the window", () => {
  const rate = new Rate();
  for (let second = 0; second < SECONDS; second++) {
    rate.add(100, second * 1000);
    rate.add(50, second * 1000 + 999);
  }
  assert.equal(rate.perSecond(SECONDS * 1000), 150);
  assert.equal(rate.perSecond(SECONDS * 1000 + 999), 150);
});

Deno.test("perSecond() leaves out the second that still runs", () => {
  const rate = new Rate();
  rate.add(1_000, 10_000);
  assert.equal(rate.perSecond(10_999), 0);
  assert.equal(rate.perSecond(11_000), 1_000 / SECONDS);
});

Deno.test("perSecond() forgets an amount once the window has passed over it", () => {
  const rate = new Rate();
  rate.add(500, 3_500);
  const until = (SECONDS + 4) * 1000;
  assert.equal(rate.perSecond(until - 1), 500 / SECONDS);
  assert.equal(rate.perSecond(until), 0);
});

Deno.test("perSecond() forgets all after a pause of any length, also one of whole windows", () => {
  for (const pause of [SECONDS + 1, 2 * (SECONDS + 1), 1000 * (SECONDS + 1), 12_345]) {
    const rate = new Rate();
    for (let second = 0; second < 20; second++) rate.add(7, second * 1000);
    const later = (19 + pause) * 1000;
    rate.add(3, later);
    assert.equal(rate.perSecond(later + 1000), 3 / SECONDS, `a pause of ${pause} s`);
  }
});

Deno.test("perSecond() starts from any origin", () => {
  const rate = new Rate();
  const now = 1_763_803_800_000;
  rate.add(10, now);
  assert.equal(rate.perSecond(now + 1000), 10 / SECONDS);
});

Deno.test("Meters start at 0, with an uptime in whole seconds", () => {
  const meters = new Meters();
  assert.equal(meters.uptimeSeconds, 0);
  for (const rate of Object.values(meters.rates)) assert.equal(rate, 0);
});

Deno.test("retryAfterSeconds() is the most where nothing is committed", () => {
  assert.equal(retryAfterSeconds(1, 0), RETRY_AFTER_MS.most / 1000);
  assert.equal(retryAfterSeconds(1e9, 0), 30);
});

Deno.test("retryAfterSeconds() is as long as it takes to commit what is too much, in whole seconds, rounded up", () => {
  assert.equal(retryAfterSeconds(50_000, 10_000), 5);
  assert.equal(retryAfterSeconds(50_001, 10_000), 6);
  assert.equal(retryAfterSeconds(25, 2.5), 10);
});

Deno.test("retryAfterSeconds() is never less than the least nor more than the most", () => {
  assert.equal(retryAfterSeconds(1, 100_000), RETRY_AFTER_MS.least / 1000);
  assert.equal(retryAfterSeconds(0.2, 100_000), 1);
  assert.equal(retryAfterSeconds(300_000, 10_000), 30);
  assert.equal(retryAfterSeconds(1e9, 1), 30);
});
