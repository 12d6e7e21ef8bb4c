// @ts-check
/**
 * The hybrid logical clock: stamps that sort as text and never run behind what their maker has seen.
 * The rules are in docs/sync-protocol.md, the cases in tests/vectors/clock.json.
 */

export const STAMP = /^[0-9a-e][0-9a-f]{11}-[0-9a-f]{4}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MAX_MILLISECONDS = 0xe000_0000_0000 - 1;
const MAX_COUNTER = 0xffff;

/** The clock of one replica. Keep `milliseconds` and `counter`, those of the last stamp, over a restart. */
export class HybridClock {
  /** @param {string} replicaId */
  constructor(replicaId, milliseconds = 0, counter = -1) {
    this.replicaId = replicaId;
    this.milliseconds = milliseconds;
    this.counter = counter;
  }

  /**
   * A new stamp, greater than every one made or observed before.
   * @param {number} nowMs the device's wall clock
   */
  tick(nowMs) {
    const now = Math.max(0, Math.min(nowMs, MAX_MILLISECONDS));
    if (now > this.milliseconds) {
      this.milliseconds = now;
      this.counter = 0;
    } else if (this.counter < MAX_COUNTER) {
      this.counter += 1;
    } else {
      this.milliseconds += 1;
      this.counter = 0;
    }
    return `${hex(this.milliseconds, 12)}-${hex(this.counter, 4)}-${this.replicaId}`;
  }

  /** Take note of a stamp that was seen. @param {string} stamp */
  observe(stamp) {
    const milliseconds = millisecondsOf(stamp);
    const counter = parseInt(stamp.slice(13, 17), 16);
    if (milliseconds > this.milliseconds || (milliseconds === this.milliseconds && counter > this.counter)) {
      this.milliseconds = milliseconds;
      this.counter = counter;
    }
  }
}

/** @param {string} stamp */
export function millisecondsOf(stamp) {
  return parseInt(stamp.slice(0, 12), 16);
}

/** @param {number} value @param {number} digits */
function hex(value, digits) {
  return value.toString(16).padStart(digits, "0");
}
