"""Theme-free figures for Plotly and small graphics for SVG: pure functions from an answer, one picture a file."""
