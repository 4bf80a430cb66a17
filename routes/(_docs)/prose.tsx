/** Text as it stands in the document: paragraphs, with `code` in them. */

/** Paragraphs. */
export function Prose({ text }: { text: string | undefined }) {
  return text === undefined ? null : (
    <>
      {text.split("\n\n").map((paragraph) => (
        <p key={paragraph}>
          <Inline text={paragraph} />
        </p>
      ))}
    </>
  );
}

/** One line. */
export function Inline({ text }: { text: string }) {
  const parts = text.split("`");
  return <>{parts.map((part, at) => at % 2 === 1 ? <code key={at}>{part}</code> : part)}</>;
}
