// A note as a sum of findings: the logits are a bias plus one row of the table for each finding, present or absent.

function evidenceFrom(stored) {
  const bytes = Uint8Array.from(atob(stored.table), c => c.charCodeAt(0)), all = Float64Array.from(new Float32Array(bytes.buffer));
  const width = stored.labels.length, rows = {};
  stored.tokens.forEach((token, i) => { rows[token] = Array.from(all.slice((i + 1) * width, (i + 2) * width)); });
  return { labels: stored.labels, temperature: stored.temperature, bias: Array.from(all.slice(0, width)), rows };
}

// Calibrated probabilities of the diseases: softmax of the logits divided by the temperature.
function evidenceProbabilities(model, tokens) {
  const logits = model.bias.map((b, k) => tokens.reduce((sum, token) => sum + model.rows[token][k], b) / model.temperature);
  const top = Math.max(...logits), e = logits.map(v => Math.exp(v - top)), sum = e.reduce((a, b) => a + b);
  return e.map(v => v / sum);
}

// Evidence of each finding for one disease, compared with the mean of all diseases, as `deepbio diagnose` shows it.
function evidenceFor(model, tokens, disease) {
  const part = row => (row[disease] - row.reduce((a, b) => a + b) / row.length) / model.temperature;
  return tokens.map(token => ({ token, weight: part(model.rows[token]) }));
}
