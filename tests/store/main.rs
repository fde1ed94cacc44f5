//! The store's contract, stamped for SQLite and PostgreSQL; then what only one of them has.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers included")]

#[path = "../support/postgres.rs"]
mod postgres;

mod bed;
mod breaker;
mod case;
mod crash;
mod deadline;
mod delivery;
mod feed;
mod gather;
mod group;
mod import;
mod job;
mod journal;
mod keep;
mod lease;
mod notice;
mod open;
mod receipt;
mod reconcile;
mod source;
mod speed;
mod submission;
mod transaction;

/// Stamps each test of the contract for both databases.
macro_rules! contract {
    ($($module:ident: $($test:ident)*;)*) => {
        mod on_sqlite { $(mod $module { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let bed = crate::bed::Bed::sqlite().await.expect("SQLite is always there");
                crate::$module::$test(&bed).await;
                bed.end().await;
            }
        )* })* }
        mod on_postgres { $(mod $module { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(bed) = crate::bed::Bed::postgres().await {
                    crate::$module::$test(&bed).await;
                    bed.end().await;
                }
            }
        )* })* }
    };
}

contract! {
    submission:
        keeps_every_byte inserts_any_number finds_many_keys_at_once takes_a_key_once
        lets_one_of_many_writers_win;
    case:
        keeps_cases finds_many_keys_at_once changes_from_the_version_read pages_by_filter
        keeps_records_in_order finds_the_records_of_many_cases keeps_no_record_without_its_submission takes_an_idempotency_key_once
        loses_no_change_among_writers knows_only_the_named_states;
    deadline:
        keeps_every_word_and_changes_but_the_beginning are_found_when_they_press stand_on_the_radar_with_their_cases
        come_from_texts_that_are_kept_once;
    import:
        keeps_imports_by_their_file goes_forward_from_where_it_was keeps_what_was_refused;
    job:
        makes_each_time_once lets_one_lease_of_a_job_at_a_time pauses_all_but_what_is_run_by_hand;
    keep:
        holds_a_case_once_and_by_the_first_word finds_what_ended_before_a_time_and_says_what_stands_against_it
        empties_bodies_and_leaves_what_proves_them;
    reconcile:
        keeps_a_manifest_of_ours_once keeps_the_last_that_the_other_side_says keeps_a_difference_until_it_is_settled;
    journal:
        starts_empty keeps_entries_tiles_and_head refuses_a_stale_size has_no_gap_among_writers
        feeds_events_by_cursor;
    gather:
        writes_all_that_was_gathered keeps_values_apart is_all_or_nothing finds_a_head_that_has_moved
        knows_what_is_stored_under_keys;
    delivery:
        numbers_each_destination numbers_without_gaps_among_writers is_confirmed_up_to_a_number
        is_stopped_and_queued_again is_listed_by_what_is_asked_for tells_who_may_come_in;
    breaker:
        keeps_how_a_destination_fares lets_one_try_when_its_time_is_over counts_what_is_begun_at_once_by_several;
    receipt:
        keeps_every_word finds_what_a_key_names_most_surely settles_and_takes_the_lease;
    feed:
        finds_a_stretch_by_region_in_order leaves_out_what_another_takes_the_place_of confirms_just_what_is_named
        keeps_windows_and_answers;
    lease:
        takes_only_what_is_due keeps_the_order_of_a_case never_shares_a_delivery fences_off_who_lost_it
        ends_in_the_state_it_is_told is_taken_from_the_dead retries_at_the_time_it_is_told
        tells_what_waits_longest_and_what_is_in_hand begins_anew_when_it_is_queued_again;
    notice:
        keeps_a_trouble_under_its_key knows_every_topic_and_no_other is_sent_by_one_at_a_time never_shares_a_notice
        is_one_where_there_may_be_but_one is_changed_while_nobody_has_tried_it shows_whom_the_server_refused_last;
    transaction:
        leaves_nothing_of_a_failure runs_again_when_others_moved gives_up_after_five_runs reads_without_writing
        is_rolled_back_when_abandoned;
    open:
        opens_again refuses_an_unknown_version refuses_another_wording;
    group:
        shares_a_transaction;
}
