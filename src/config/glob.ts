/**
 * Whether the whole text matches the glob: `*` is any run of characters, `?` any one, everything else itself, case
 * included. Takes at most glob × text steps whatever both hold: only the last `*` is ever tried again, since a match
 * that an earlier one allows the last one allows as well.
 */
export function matchesGlob(glob: string, text: string): boolean {
  let g = 0;
  let t = 0;
  let star = -1;
  let starText = 0;
  while (t < text.length) {
    if (glob[g] === '*') {
      star = g;
      starText = t;
      g += 1;
    } else if (g < glob.length && (glob[g] === '?' || glob[g] === text[t])) {
      g += 1;
      t += 1;
    } else if (star >= 0) {
      starText += 1;
      g = star + 1;
      t = starText;
    } else {
      return false;
    }
  }
  while (glob[g] === '*') g += 1;
  return g === glob.length;
}
