// The compiler comes along and compiles the templates in the page (JIT), so that any bundler will do.
import '@angular/compiler';
import { provideZonelessChangeDetection } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { Flow } from 'routilux';
import { App } from './app.js';
import { makeReading } from './reading.js';

const flow = makeReading();
// For the console of the developer tools: `flow.jobs` are those that have not ended.
Object.assign(globalThis, { flow });

await bootstrapApplication(App, { providers: [provideZonelessChangeDetection(), { provide: Flow, useValue: flow }] });
