/** Numbers as people read them: a true minus, a narrow space between thousands, a dash for what is unknown. */

const MINUS = '\u2212';
const NARROW_NO_BREAK_SPACE = '\u202f';
const UNKNOWN = '\u2013';

/** A count with its thousands set apart. */
export function count(value: number): string {
  return signed(String(Math.round(value))).replace(/\B(?=(\d{3})+$)/g, NARROW_NO_BREAK_SPACE);
}

/** A share 0..1 as per cent, with its sign. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${perHundred(share)}${NARROW_NO_BREAK_SPACE}%` : UNKNOWN;
}

/** A share 0..1 as a number of hundredths, for tables that say so once. */
export function perHundred(share: number): string {
  return Number.isFinite(share) ? signed((100 * share).toFixed(1)) : UNKNOWN;
}

/** A number with this many significant digits, never in powers of ten. */
export function decimal(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return UNKNOWN;
  const magnitude = value === 0 ? 1 : Math.floor(Math.log10(Math.abs(value))) + 1;
  return signed(value.toFixed(Math.min(6, Math.max(0, digits - magnitude))));
}

/** Seconds as `48 s`, `3 min 12 s` or `2 h 05 min`, never broken across lines. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return UNKNOWN;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours > 0) return unbroken(hours, 'h', pad(minutes), 'min');
  return minutes > 0 ? unbroken(minutes, 'min', pad(whole % 60), 's') : unbroken(whole, 's');
}

/** `1 image`, `2 images`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function signed(text: string): string {
  return text.replace('-', MINUS);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

function unbroken(...words: readonly (string | number)[]): string {
  return words.join('\u00a0');
}
