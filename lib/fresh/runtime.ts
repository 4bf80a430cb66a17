/** What server and browser share; islands import nothing else of Fresh. */
import type { ComponentChildren } from "preact";

export { asset, assetSrcSet } from "./asset.ts";
export { HttpError } from "./http_error.ts";

/** True in the browser, false on the server. */
export const IS_BROWSER: boolean = typeof document !== "undefined";

export interface HeadProps {
  children?: ComponentChildren;
}

/** Its children go to the document's `<head>`: the renderer picks them up, here nothing is left. */
export function Head(_props: HeadProps): null {
  return null;
}

export interface PartialProps {
  name: string;
  children?: ComponentChildren;
}

/** Renders its children: pages are always loaded whole. */
export function Partial({ children }: PartialProps): ComponentChildren {
  return children;
}
