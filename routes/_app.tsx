import type { ComponentChildren } from "preact";
import { asset } from "fresh/runtime";
import ConnectionState from "../islands/ConnectionState.tsx";
import Shortcuts from "../islands/Shortcuts.tsx";
import ThemeSwitch from "../islands/ThemeSwitch.tsx";
import { themeOf } from "../lib/browser/theme.ts";
import { define } from "../lib/http.ts";

/** What all pages share. */
export default define.layout(({ Component, error, req, url }) => {
  const theme = themeOf(req.headers.get("cookie"));
  return (
    <html lang="en" data-theme={theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Sekali</title>
        <link rel="icon" href={asset("/icon.svg")} />
        <link rel="stylesheet" href={asset("/styles.css")} />
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <Header search={url.pathname === "/dashboard/events" ? url.searchParams.get("q") : null}>
          {
            // A page of an error is answered where the policy that allows scripts is not known.
            !error && (
              <>
                <ConnectionState />
                <ThemeSwitch initial={theme} />
                <Shortcuts />
              </>
            )
          }
        </Header>
        <Component />
      </body>
    </html>
  );
});

const PAGES = {
  "/": "Overview",
  "/dashboard/topics": "Topics",
  "/dashboard/events": "Events",
  "/dashboard/tail": "Tail",
  "/dashboard/dead-letters": "Dead letters",
  "/dashboard/publish": "Publish",
  "/docs": "API",
};

function Header({ search, children }: { search: string | null; children: ComponentChildren }) {
  return (
    <header>
      <a class="mark" href="/">
        <b aria-hidden="true">1×</b> Sekali
      </a>
      <nav aria-label="Pages">
        {Object.entries(PAGES).map(([path, name]) => <a key={path} href={path}>{name}</a>)}
      </nav>
      <form class="search" role="search" action="/dashboard/events">
        <input
          type="search"
          name="q"
          aria-label="Search the events"
          placeholder="Search the events"
          value={search ?? undefined}
        />
        <kbd aria-hidden="true">/</kbd>
      </form>
      {children}
    </header>
  );
}
