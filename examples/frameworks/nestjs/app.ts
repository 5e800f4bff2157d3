// Jobs behind HTTP. `POST /jobs` starts one and answers at once; `GET /jobs/:id/progress` is its progress as server-sent
// events, and the last event, `end`, has the result:
//
//   event: progress    data: {"queued":2,"active":1,"done":1,"status":"running","pausing":false}
//   event: end         data: {"status":"completed","words":1234}
//
// A watcher does not own the job: who leaves stops nothing, and who comes late gets the progress of this moment first, or
// the end. Close the EventSource at `end`, or it will come again. When the process is told to stop (SIGTERM), the flow is
// drained while the server still listens: what runs is finished, watchers see it end, and a new job is answered with 503.
import 'reflect-metadata';
import {
  type ArgumentsHost,
  type BeforeApplicationShutdown,
  Body,
  Catch,
  Controller,
  type DynamicModule,
  type ExceptionFilter,
  HttpCode,
  Inject,
  Injectable,
  type MessageEvent,
  Module,
  NotFoundException,
  Param,
  Post,
  Sse,
  UseFilters,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Flow, FlowError, type FlowErrorCode, type Job } from 'routilux';
import { concat, defer, map, type Observable, of } from 'rxjs';
import { makeFlow, type ReadPage } from './flow.js';

/** How long the end of a job can still be asked for, in ms. */
const REMEMBERED_MS = 600_000;

@Injectable()
export class Jobs implements BeforeApplicationShutdown {
  readonly #byId = new Map<string, Job>();

  constructor(@Inject(Flow) private readonly flow: Flow) {}

  start(params: object): Job {
    const job = this.flow.start('book', params);
    this.#byId.set(job.id, job);
    void job.done.then(() => setTimeout(() => this.#byId.delete(job.id), REMEMBERED_MS).unref());
    return job;
  }

  progress(id: string): Observable<MessageEvent> {
    const job = this.#byId.get(id);
    if (job === undefined) throw new NotFoundException(`There is no job '${id}'.`);
    const progress$ = job.progress$.pipe(map((data) => ({ type: 'progress', data })));
    return concat(
      progress$,
      defer(() => of({ type: 'end', data: resultOf(job) })),
    );
  }

  // Not onApplicationShutdown: by then the server is closed, which waits for those who watch a job.
  beforeApplicationShutdown(): Promise<void> {
    return this.flow.shutdown();
  }
}

const resultOf = ({ status, state }: Job) => ({
  status,
  words: state.routineState('counter')?.['words'],
  error: state.error?.message,
});

const STATUS: Partial<Record<FlowErrorCode, number>> = { SHUT_DOWN: 503, BAD_PAYLOAD: 400 };

/** What the flow refuses, in the words of HTTP. */
@Catch(FlowError)
export class Refusals implements ExceptionFilter<FlowError> {
  catch({ code, message }: FlowError, host: ArgumentsHost): void {
    const status = STATUS[code as FlowErrorCode] ?? 500;
    host.switchToHttp().getResponse().status(status).json({ code, message });
  }
}

@Controller('jobs')
@UseFilters(Refusals)
export class JobsController {
  constructor(@Inject(Jobs) private readonly jobs: Jobs) {}

  @Post()
  @HttpCode(202)
  start(@Body() params: object) {
    return { id: this.jobs.start(params).id };
  }

  @Sse(':id/progress')
  progress(@Param('id') id: string): Observable<MessageEvent> {
    return this.jobs.progress(id);
  }
}

@Module({ controllers: [JobsController], providers: [Jobs] })
export class JobsModule {
  static reading(readPage: ReadPage): DynamicModule {
    return { module: JobsModule, providers: [{ provide: Flow, useFactory: () => makeFlow(readPage) }] };
  }
}

export const createApp = async (readPage: ReadPage) => {
  const app = await NestFactory.create(JobsModule.reading(readPage), { logger: ['error', 'warn'] });
  return app.enableShutdownHooks();
};
