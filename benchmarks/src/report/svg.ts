/*
 * Line plots, as SVG that is small, needs no font or script, and follows the reader's light or dark mode.
 */

export interface Axis {
  readonly label: string;
  readonly scale: 'linear' | 'log';
  /** Where it is marked, and how; without, at round numbers. */
  readonly ticks?: readonly (readonly [value: number, label: string])[];
}

export interface Line {
  readonly name: string;
  /** Its colour and marks, from 0: the same for the same thing in all plots. */
  readonly style: number;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
  /** Marks only, where what lies between two points has no meaning. */
  readonly scattered?: boolean;
}

const WIDTH = 760;
const HEIGHT = 400;
const FRAME = { left: 72, right: 580, top: 48, bottom: 340 };
/** Half the width of a letter in a label, about. */
const HALF_LETTER = 3.5;
const MIDDLE = (FRAME.top + FRAME.bottom) / 2;

/** Told apart by people with any kind of colour vision, on white and on black (Okabe and Ito), and by shape. */
const COLOURS = ['#888888', '#e69f00', '#0088d0', '#00a878', '#d55e00', '#cc79a7'];

const STYLE = `
  svg { --paper: #ffffff; --ink: #1f2328; --faint: #d1d9e0; font: 13px system-ui, sans-serif }
  @media (prefers-color-scheme: dark) { svg { --paper: #0d1117; --ink: #e6edf3; --faint: #3d444d } }
  rect { fill: var(--paper) } text { fill: var(--ink) } .title { font-size: 15px; font-weight: 600 }
  .grid { stroke: var(--faint); stroke-width: 1 } .line { fill: none; stroke-width: 2 } .small { font-size: 12px }
`;

type Scale = (value: number) => number;

export function drawPlot(given: Plot): string {
  const plot = withoutUndrawable(given);
  const points = plot.lines.flatMap((line) => line.points);
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const yTicks = plot.y.ticks ?? (plot.y.scale === 'log' ? logTicks(ys) : linearTicks(Math.max(...ys)));
  const xTicks = plot.x.ticks ?? (plot.x.scale === 'log' ? logTicks(xs) : linearTicks(Math.max(...xs)));
  const yValues = [...ys, ...yTicks.map(([value]) => value)];
  const x = scaleOf(plot.x.scale, Math.min(...xs), Math.max(...xs), FRAME.left + 16, FRAME.right - 16);
  const y = scaleOf(plot.y.scale, Math.min(...yValues), Math.max(...yValues), FRAME.bottom, FRAME.top);
  const body = [
    `<text class="title" x="${FRAME.left}" y="26">${escaped(plot.title)}</text>`,
    ...yTicks.map(([value, label]) => yTick(y(value), label)),
    ...xTicks.map(([value, label], i) => text(x(value), FRAME.bottom + 20 + lowered(xTicks, i, x), label, 'middle')),
    text((FRAME.left + FRAME.right) / 2, FRAME.bottom + 52, plot.x.label, 'middle'),
    `<g transform="rotate(-90 20 ${MIDDLE})">${text(20, MIDDLE, plot.y.label, 'middle')}</g>`,
    ...plot.lines.map((line) => drawLine(line, x, y, plot.scattered === true)),
    ...plot.lines.map((line, i) => drawLegend(line, i)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(plot.title)}">
<style>${STYLE}</style>
<rect width="${WIDTH}" height="${HEIGHT}" rx="6"/>
${body.join('\n')}
</svg>
`;
}

/** Nothing was measured, or too little for a logarithm. */
function withoutUndrawable(plot: Plot): Plot {
  const isDrawable = (value: number, { scale }: Axis): boolean =>
    Number.isFinite(value) && (scale === 'linear' || value > 0);
  const lines = plot.lines.map((line) => ({
    ...line,
    points: line.points.filter(([x, y]) => isDrawable(x, plot.x) && isDrawable(y, plot.y)),
  }));
  return { ...plot, lines: lines.filter(({ points }) => points.length > 0) };
}

function scaleOf(kind: Axis['scale'], low: number, high: number, from: number, to: number): Scale {
  const along = kind === 'log' ? Math.log : (value: number) => value;
  const span = along(high) - along(low) || 1;
  return (value) => round(from + ((along(value) - along(low)) / span) * (to - from));
}

/** Every second label a line lower, where it would touch its neighbours. */
function lowered(ticks: readonly (readonly [number, string])[], i: number, x: Scale): number {
  const touches = ([value, label]: readonly [number, string], other = ticks[0]): boolean =>
    other !== undefined && Math.abs(x(value) - x(other[0])) < (label.length + other[1].length + 2) * HALF_LETTER;
  const someTouch = ticks.some((tick, j) => j > 0 && touches(tick, ticks[j - 1]));
  return someTouch && i % 2 === 1 ? 15 : 0;
}

function linearTicks(max: number): [number, string][] {
  const rough = (max > 0 ? max : 1) / 5;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 5, 10].find((factor) => factor * unit >= rough) ?? 10);
  return Array.from({ length: Math.ceil(max / step) + 1 }, (_, i) => [i * step, short(i * step)]);
}

/** Powers of ten around the values. */
function logTicks(values: readonly number[]): [number, string][] {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.ceil(Math.log10(Math.max(...values)));
  return Array.from({ length: high - low + 1 }, (_, i) => [10 ** (low + i), short(10 ** (low + i))]);
}

function short(value: number): string {
  if (value >= 1e6) return `${round(value / 1e6)} M`;
  return value >= 1e3 ? `${round(value / 1e3)} k` : String(Number(value.toPrecision(6)));
}

function drawLine(line: Line, x: Scale, y: Scale, scattered: boolean): string {
  const at = line.points.map(([px, py]) => [x(px), y(py)] as const);
  const path = `<polyline class="line" stroke="${colour(line.style)}" points="${at.map((point) => point.join(',')).join(' ')}"/>`;
  return [...(scattered ? [] : [path]), ...at.map(([px, py]) => mark(px, py, line.style))].join('\n');
}

function drawLegend(line: Line, i: number): string {
  const y = FRAME.top + 14 + i * 24;
  return mark(FRAME.right + 20, y, line.style) + text(FRAME.right + 34, y + 4, line.name, 'start');
}

/** A circle, a square or a diamond. */
function mark(x: number, y: number, i: number): string {
  const fill = `fill="${colour(i)}"`;
  if (i % 3 === 0) return `<circle cx="${x}" cy="${y}" r="4.5" ${fill}/>`;
  const turn = i % 3 === 2 ? ` transform="rotate(45 ${x} ${y})"` : '';
  return `<path d="M${round(x - 4)} ${round(y - 4)}h8v8h-8z" ${fill}${turn}/>`;
}

function yTick(y: number, label: string): string {
  const grid = `<path class="grid" d="M${FRAME.left} ${y}H${FRAME.right}"/>`;
  return grid + text(FRAME.left - 8, y + 4, label, 'end');
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text class="small" x="${x}" y="${y}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

function colour(i: number): string {
  return COLOURS[i % COLOURS.length] as string;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
