/* The colours of the present theme, read from the CSS variables: plotly.js takes no var() and no light-dark(). */

const RESOURCES = ["cpu", "mem", "disk", "gpu", "net", "time"];
const NAMES = ["ink", "ink-2", "ink-3", "line", "edge", "bad-fill", "warn-fill",
  ...RESOURCES.flatMap(resource => [resource, `${resource}-soft`])];

const probe = document.createElement("span");
probe.hidden = true;
document.documentElement.append(probe);

function colour(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

export const palette = () => Object.fromEntries(NAMES.map(name => [name, colour(name)]));
