//! `GET /platform/v1/jobs`, `…/{job}/runs`: what is done by the clock; `POST …/{job}/run`, `…/pause`, `…/resume`: an
//! operator's hand on it.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::exchange::Gateway;
use crate::exchange::job::{CurrentJobs, Job};
use crate::http::platform::token::{Reader, Writer};
use crate::http::platform::view::{Begun, Intervention, JobList, ProblemShape, RunPage};
use crate::http::platform::{Answer, input, reason};
use crate::http::problem::{ProblemDocument, ProblemType};

/// A console's screen; more is asked for page by page.
const DEFAULT: u32 = 50;
const MOST: u32 = 200;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only runs before this one: `next` of the page before.
    before: Option<String>,
    /// How many at most, 1 to 200; 50 if it is not said.
    #[serde(default, deserialize_with = "input::number")]
    limit: Option<u32>,
}

/// The jobs by name, each with its next time, or since when it is paused, and its last run.
#[utoipa::path(get, path = "/platform/v1/jobs", tag = "Jobs", security(("token" = [])), responses(
    (status = 200, description = "The jobs", body = JobList),
    (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
))]
pub(super) async fn list_jobs(
    _: Reader,
    request: HttpRequest,
    gateway: web::Data<Gateway>,
    jobs: web::Data<CurrentJobs>,
) -> Answer {
    input::no_query(&request)?;
    let jobs = gateway.jobs(&jobs()).await?;
    Ok(HttpResponse::Ok().json(JobList { jobs: jobs.into_iter().map(Into::into).collect() }))
}

/// A page of a job's runs, the newest first.
#[utoipa::path(get, path = "/platform/v1/jobs/{job}/runs", tag = "Jobs", security(("token" = [])),
    params(("job" = String, Path, description = "The job's name"), Wanted),
    responses(
        (status = 200, description = "The page", body = RunPage),
        (status = 400, description = "A parameter is unknown or ill-formed", body = ProblemShape, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such job, or no such run of it", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn list_runs(
    _: Reader,
    request: HttpRequest,
    gateway: web::Data<Gateway>,
    jobs: web::Data<CurrentJobs>,
) -> Answer {
    let wanted: Wanted = input::query(&request)?;
    let limit = input::limit(wanted.limit, DEFAULT, MOST)?;
    let job = named(&jobs, &request)?;
    let runs = match wanted.before.as_deref() {
        None => gateway.job_runs(Some(&job.name), limit).await?,
        // PostgreSQL does not even compare with U+0000.
        Some(before) if before.contains('\0') => return Err(ProblemDocument::not_found()),
        Some(before) => gateway.earlier_runs(&job.name, before, limit).await?,
    };
    let full = u32::try_from(runs.len()).is_ok_and(|count| count == limit);
    let next = runs.last().filter(|_| full).map(|run| run.id.clone());
    Ok(HttpResponse::Ok().json(RunPage { runs: runs.into_iter().map(Into::into).collect(), next }))
}

/// Has a job run now, besides its times, also while it is paused. Journalled with the token's name and why.
#[utoipa::path(post, path = "/platform/v1/jobs/{job}/run", tag = "Jobs", security(("token" = [])),
    params(("job" = String, Path, description = "The job's name")),
    request_body(content = Intervention, description = "Why"),
    responses(
        (status = 202, description = "It begins within seconds", body = Begun),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such job", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "No `why`", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn run_job(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
    jobs: web::Data<CurrentJobs>,
) -> Answer {
    input::no_query(&request)?;
    let job = named(&jobs, &request)?;
    let (who, why) = reason::read(&actor, &request, payload).await?;
    let run = gateway.run_by_hand(&job, &who.to_string(), &why.to_string()).await?;
    Ok(HttpResponse::Accepted().json(Begun { run }))
}

/// Pauses a job: what becomes due meanwhile is made when it goes on, as far as the job wants what was missed. Journalled with
/// the token's name and why.
#[utoipa::path(post, path = "/platform/v1/jobs/{job}/pause", tag = "Jobs", security(("token" = [])),
    params(("job" = String, Path, description = "The job's name")),
    request_body(content = Intervention, description = "Why"),
    responses(
        (status = 204, description = "It is paused"),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such job", body = ProblemShape, content_type = "application/problem+json"),
        (status = 409, description = "It is paused already", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "No `why`", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn pause_job(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
    jobs: web::Data<CurrentJobs>,
) -> Answer {
    input::no_query(&request)?;
    let job = named(&jobs, &request)?;
    let (who, why) = reason::read(&actor, &request, payload).await?;
    gateway.pause_job(&job, &who.to_string(), &why.to_string()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Has a paused job go on. Journalled with the token's name and why.
#[utoipa::path(post, path = "/platform/v1/jobs/{job}/resume", tag = "Jobs", security(("token" = [])),
    params(("job" = String, Path, description = "The job's name")),
    request_body(content = Intervention, description = "Why"),
    responses(
        (status = 204, description = "It goes on"),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such job", body = ProblemShape, content_type = "application/problem+json"),
        (status = 409, description = "It is not paused", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "No `why`", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn resume_job(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
    jobs: web::Data<CurrentJobs>,
) -> Answer {
    input::no_query(&request)?;
    let job = named(&jobs, &request)?;
    let (who, why) = reason::read(&actor, &request, payload).await?;
    gateway.resume_job(&job, &who.to_string(), &why.to_string()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The job in the path.
fn named(jobs: &CurrentJobs, request: &HttpRequest) -> Result<Arc<Job>, ProblemDocument> {
    let name = request.match_info().get("job").unwrap_or_default();
    jobs().named(name).cloned().ok_or_else(|| {
        ProblemDocument::new(
            ProblemType::NotFound,
            "没有这个作业；GET /platform/v1/jobs 列出全部作业",
            "there is no such job; GET /platform/v1/jobs lists them",
        )
    })
}
