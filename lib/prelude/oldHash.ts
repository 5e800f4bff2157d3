/**
 * What `hash` was in 0.1.0, for reading what that has written: two FNV-1a runs, 16 hexadecimal digits. Two texts with the same digits
 * are found in a second.
 */
export const oldHash = (text: string): string => half(text, 0x811c9dc5) + half(text, 0x9e3779b9);

const half = (text: string, seed: number): string => {
  let bits = seed;
  for (let at = 0; at < text.length; at++) bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193);
  // FNV leaves the last characters in the low bits only.
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  return ((bits ^ (bits >>> 13)) >>> 0).toString(16).padStart(8, '0');
};
