import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.js';
import { makeReading } from './reading.js';

const flow = makeReading();
// For the console of the developer tools: `flow.jobs` are those that have not ended.
Object.assign(globalThis, { flow });

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App flow={flow} />
  </StrictMode>,
);
