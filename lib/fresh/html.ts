/** Completes rendered HTML: missing document parts, `<Head>` contents, scripts. */

/**
 * Makes a whole document.
 *
 * @param html what was rendered
 * @param tags which of `html`, `head` and `body` it contains
 * @param head rendered contents of `<Head>` elements
 * @param tail put at the end of the body
 */
export function fillDocument(
  html: string,
  tags: ReadonlySet<string>,
  head: string,
  tail: string,
): string {
  let doc = html;
  if (!tags.has("body") && !tags.has("html")) {
    const at = tags.has("head") ? doc.indexOf("</head>") + "</head>".length : 0;
    doc = `${doc.slice(0, at)}<body>${doc.slice(at)}</body>`;
  }
  if (!tags.has("head")) {
    doc = doc.replace(/(?=<body)|$/, '<head><meta charset="utf-8"/></head>');
  }
  if (!tags.has("html")) doc = `<html>${doc}</html>`;
  const end = doc.includes("</body>") ? doc.lastIndexOf("</body>") : doc.length;
  doc = doc.slice(0, end) + tail + doc.slice(end);
  return head
    ? doc.replace(/(<head\b[^>]*>)(.*?)(?=<\/head>)/s, (_, tag, old) => tag + mergeHead(old, head))
    : doc;
}

/**
 * Adds elements to a head. One that stands for the same thing as an earlier one (the title, a meta
 * tag of the same name) takes its place.
 */
export function mergeHead(head: string, added: string): string {
  const elements = added.match(
    /<(title|style|script|noscript|template)\b[\s\S]*?<\/\1>|<(?:"[^"]*"|[^">])*>|[^<]+/g,
  ) ?? [];
  for (const element of elements) {
    const meta = /^<meta\b[^>]*?\s((?:name|property|http-equiv)="[^"]*"|charset)/.exec(element);
    const same = element.startsWith("<title") ? /<title\b.*?<\/title>/s : new RegExp(
      meta ? `<meta\\b[^>]*?\\s${RegExp.escape(meta[1]!)}[^>]*>` : RegExp.escape(element),
    );
    head = same.test(head) ? head.replace(same, () => element) : head + element;
  }
  return head;
}
