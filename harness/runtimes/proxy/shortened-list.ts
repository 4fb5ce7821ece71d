const CONTENTS = /<Contents>.*?<\/Contents>/gs;
const KEY = /<Key>(.*?)<\/Key>/s;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** A page of a list of objects, as S3 answers it, without those that are not to be seen; and how many were left out. */
export function shortenedList(page: string, isHidden: (key: string) => boolean): { xml: string; left: number } {
  let left = 0;
  const xml = page.replace(CONTENTS, (entry) => {
    const key = KEY.exec(entry)?.[1] ?? '';
    if (!isHidden(unescaped(key))) return entry;
    left += 1;
    return '';
  });
  const counted = xml.replace(
    /<KeyCount>(\d+)<\/KeyCount>/,
    (_, n: string) => `<KeyCount>${Number(n) - left}</KeyCount>`,
  );
  return { xml: counted, left };
}

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name ?? ''] ?? whole;
  });
}
