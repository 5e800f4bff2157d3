const isHighHalf = (code: number): boolean => code >= 0xd800 && code < 0xdc00;

/** How many bytes a text takes in UTF-8. */
export const utf8Length = (text: string): number => {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
    // A pair takes four bytes, and not six.
    if (isHighHalf(code) && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
      bytes++;
      at++;
    }
  }
  return bytes;
};
