// Jobs in Angular, zoneless: what a job tells are signals, and whoever is to end it says so. `OwnJob` has a job of its own,
// which is cancelled when the component is destroyed. `WatchJob` watches the one of the service `Shared`, which goes on when
// the component is destroyed, and has everything to show when it comes back.
import { Component, computed, inject, Injectable, Input, signal } from '@angular/core';
import { Flow } from 'routilux';
import { type JobSignals, ownJob, watchJob } from './jobSignals.js';

const URLS = ['/pages/1.txt', '/pages/2.txt', '/pages/3.txt', '/pages/4.txt', '/pages/5.txt'];

@Component({
  selector: 'job-view',
  template: `
    <p>{{ view.status() }}: {{ view.progress().queued }} queued, {{ view.progress().active }} active</p>
    <p>{{ total() }} words</p>
    <ul>
      @for (output of view.outputs(); track output) {
        <li>{{ output.data['url'] }} has {{ output.data['count'] }} words</li>
      }
    </ul>
  `,
})
export class JobView {
  /** An `input()` would need Angular's compiler at build time; what changes here are the signals in it. */
  @Input({ required: true }) view!: JobSignals;
  readonly total = computed(() => this.view.outputs().reduce((sum, { data }) => sum + Number(data['count']), 0));
}

@Component({
  selector: 'own-job',
  imports: [JobView],
  template: '<job-view [view]="view" /><button (click)="own.cancel(\'by hand\')">Cancel</button>',
})
export class OwnJob {
  readonly #flow = inject(Flow);
  readonly own = ownJob((signal) => this.#flow.start('pages', { urls: URLS }, { signal }));
  readonly view = watchJob(this.own.job);
}

/** One job for the whole application, started when somebody first asks for it. */
@Injectable({ providedIn: 'root' })
export class Shared {
  readonly job = inject(Flow).start('pages', { urls: URLS });
}

@Component({ selector: 'watch-job', imports: [JobView], template: '<job-view [view]="view" />' })
export class WatchJob {
  readonly view = watchJob(inject(Shared).job);
}

@Component({
  selector: 'app-root',
  imports: [OwnJob, WatchJob],
  template: `
    <button (click)="shown.set('own')">Own</button>
    <button (click)="shown.set('watch')">Watch</button>
    <button (click)="shown.set('none')">Close</button>
    @switch (shown()) {
      @case ('own') {
        <own-job />
      }
      @case ('watch') {
        <watch-job />
      }
    }
  `,
})
export class App {
  readonly shown = signal<'own' | 'watch' | 'none'>('none');
}
