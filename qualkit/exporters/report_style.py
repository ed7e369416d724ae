"""How the report looks: on a screen, light and dark, and on paper, where it is set close."""

STYLE = """
body { max-width: 75rem; font-size: 16px; line-height: 1.5; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .6rem; }
h2 { font-size: 1.4rem; margin: 2.4rem 0 .8rem; padding-top: .6rem; border-top: 1px solid #c3c9cf; }
header, .text { max-width: 46rem; }
@media (min-width: 60rem) { nav ul { columns: 2; column-gap: 2.5rem; } }
.question { font-style: italic; font-size: 1.15rem; margin: 0 0 1.2rem; }
dl { margin: 0; border-top: 1.5px solid; border-bottom: 1.5px solid; padding: .6rem 0; font-size: 15px; }
dl div { display: flex; gap: 1rem; padding: .1rem 0; }
dt { flex: 0 0 8.5rem; color: #4a5560; }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
code { font: .88em/1.4 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; overflow-wrap: anywhere; }
nav ol, nav ul { list-style: none; padding: 0; margin: 0; }
nav ul { padding-left: 1.4rem; font-size: 15px; }
nav ul li { padding-left: 1.2rem; text-indent: -1.2rem; }
.up { font: 13px/1 "Times New Roman", Times, serif; margin-left: .8rem; color: #1d5f63; }
nav a { color: #1d5f63; text-decoration: none; }
nav a:hover { text-decoration: underline; }
a:focus-visible, .paper-table:focus-visible { outline: 2px solid #1d5f63; outline-offset: 2px; }
.text p { margin: 0 0 .8rem; }
figure { margin: 0 0 3rem; }
figure svg { max-width: 100%; height: auto; display: block; }
@media screen and (prefers-color-scheme: dark) {
  :root { color-scheme: dark; }
  body { background: #16191b; color: #e4e4df; }
  h2 { border-color: #363d41; }
  dt { color: #a3a9ab; }
  nav a, .up { color: #7cc5c0; }
  a:focus-visible, .paper-table:focus-visible { outline-color: #7cc5c0; }
  figure > div { background: #fff; border-radius: 6px; padding: .4rem; }
}
@page { size: A4 portrait; margin: 1.6cm 1.8cm; }
@page wide { size: A4 landscape; margin: 1.4cm 1.6cm; }
@media print {
  body { font-size: 9.5pt; line-height: 1.35; }
  h1 { font-size: 17pt; }
  h2 { font-size: 13pt; margin: .9rem 0 .4rem; padding: 0; break-after: avoid; border: 0; }
  dl { font-size: 9pt; }
  .text p { margin: 0 0 .35rem; }
  nav { font-size: 9pt; line-height: 1.3; }
  nav ul { columns: 2; column-gap: 1.2rem; font-size: 8pt; }
  nav a { color: inherit; }
  .up { display: none; }
  .wide { page: wide; break-before: page; }
  .sheet { margin: 0 0 .7cm; }
  .sheet table { font-size: 8pt; line-height: 1.22; }
  .sheet .note { font-size: 7.5pt; line-height: 1.25; margin: .15rem 0; }
  .sheet tr { break-inside: auto; }
  .sheet :is(td, th) { padding: .09rem .3rem; }
  .sheet :is(td.n, th.n) { min-width: 0; }
  .sheet caption, .sheet caption b { padding-bottom: .1rem; }
  .sheet caption, .sheet thead { break-after: avoid; }
  .sheet .note { break-before: avoid; }
  .dense table { font-size: 7pt; }
  .dense :is(td, th) { padding: .08rem .2rem; overflow-wrap: anywhere; }
  .short { break-inside: avoid; }
  .sheet td { orphans: 3; widows: 3; }
  .sheet td p { margin: 0 0 .1rem; }
  .sheet td p, .sheet thead tr { break-inside: avoid; }
  .sheet .paper-table { break-after: auto; margin: 0; }
  figure { display: inline-block; width: 49%; vertical-align: top; break-inside: avoid; margin: 0 0 .5cm; }
  figure svg { width: 100%; max-height: 15.6cm; }
  figcaption { font-size: 9pt; }
}
"""
