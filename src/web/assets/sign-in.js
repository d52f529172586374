// Signs the text of the page with NCALayer, or takes a signature from a file, and hands it in.
// It shows nothing but what the page says in its own language; without it the form below does the same.
const place = document.querySelector("[data-nonce]");
const says = place.dataset;
const state = document.getElementById("state");
const tell = (words) => { state.textContent = words; };

const handIn = async (cms) => {
  tell(says.checking);
  try {
    const answer = await fetch("/api/v1/login/signature", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ id: says.nonce, cms }),
    });
    // Each text is good for one attempt: a new one comes with the page.
    if (answer.ok) location.assign(says.next); else tell(says.refused);
  } catch {
    tell(says.failed);
  }
};

const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

const askLayer = () => {
  tell(says.waiting);
  const layer = new WebSocket("wss://127.0.0.1:13579/");
  let done = false;
  layer.onerror = () => { if (!done) tell(says.layer); };
  layer.onclose = () => { if (!done) tell(says.layer); };
  layer.onopen = () => {
    const text = base64(new TextEncoder().encode(says.text));
    layer.send(JSON.stringify({
      module: "kz.gov.pki.knca.commonUtils",
      method: "createCMSSignatureFromBase64",
      args: ["PKCS12", "SIGNATURE", text, true],
    }));
  };
  layer.onmessage = (message) => {
    let answer;
    try { answer = JSON.parse(message.data); } catch { return; }
    // The first word of NCALayer is its version.
    if (answer.code === undefined) return;
    done = true;
    layer.close();
    if (answer.code === "200" && typeof answer.responseObject === "string") handIn(answer.responseObject);
    else tell(says.cancelled);
  };
};

document.getElementById("layer").addEventListener("click", askLayer);
document.getElementById("file").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (!file) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  // PEM is text already.
  handIn(bytes[0] === 0x2d ? new TextDecoder().decode(bytes) : base64(bytes));
});
document.querySelectorAll("[data-script]").forEach((part) => { part.hidden = false; });
