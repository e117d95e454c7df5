//! What contract 2025-12 says when it fails (`contract.md` 3), in one table. What is not in it is shown as it is and never
//! guessed at.

use super::super::fault::{CallFault, PostgrestError, of_call};
use crate::backend::http::Answer;
use crate::station::{LinkFault, Refusal, RefusalCode, Reply};

/// A text that a function raises, and what it means.
struct Row {
    /// How it begins.
    begins: &'static str,
    /// What it holds further on.
    holds: &'static str,
    means: Meaning,
}

/// What an error means for the intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// The order is not where it was read to be, or somebody was faster: it is to be read again.
    Moved,
    /// There is no such order.
    NoOrder,
    /// The arguments make no sense to the backend, or the order does not allow it.
    Refused,
    /// The session is not one: it says nothing of the order.
    Session,
}

const RAISED: &[Row] = &[
    Row { begins: "Order must be in ", holds: " stage to ", means: Meaning::Moved },
    Row { begins: "Expected to update exactly 1 row, but updated 0 rows", holds: "", means: Meaning::Moved },
    Row { begins: "Order not found: ", holds: "", means: Meaning::NoOrder },
    Row { begins: "Invalid store: ", holds: "", means: Meaning::Refused },
    Row { begins: "Store must be \"bannos\" or \"flourlane\"", holds: "", means: Meaning::Refused },
    Row { begins: "Cannot print barcode: ", holds: "", means: Meaning::Refused },
    Row { begins: "Authentication required", holds: "", means: Meaning::Session },
    Row { begins: "Not authenticated", holds: "", means: Meaning::Session },
];

/// Whether an error body says that the session is none, although the gateway took its token.
pub fn is_of_session(code: &str, message: &str) -> bool {
    code == "P0001" && meaning(message) == Some(Meaning::Session)
}

/// What a failed write comes to.
pub fn reply(answer: &Answer) -> Reply {
    let error = PostgrestError::of(answer);
    let refused = |code| {
        let message = error.message.clone();
        Refusal { code, message, stage: None, rework: None, cancelled_at: None }
    };
    let no_staff = refused(RefusalCode::PermissionDenied);
    if (answer.status, &*error.code) == (409, "23503") && no_staff.lacks_staff_row() {
        return Reply::Refused(no_staff);
    }
    let code = match (answer.status, &*error.code) {
        (400, "P0001") => match meaning(&error.message) {
            Some(Meaning::Moved) => RefusalCode::InvalidStage,
            Some(Meaning::NoOrder) => RefusalCode::NotFound,
            Some(Meaning::Session) => return lost(answer),
            Some(Meaning::Refused) | None => RefusalCode::BadInput,
        },
        // PostgreSQL refused the values themselves (SQLSTATE classes 22 and 23): asking again cannot help.
        (400 | 409, code) if code.len() == 5 && (code.starts_with("22") || code.starts_with("23")) => {
            RefusalCode::BadInput
        }
        _ => return lost(answer),
    };
    Reply::Refused(refused(code))
}

fn lost(answer: &Answer) -> Reply {
    Reply::Lost(match of_call(answer) {
        CallFault::Link(fault) => fault,
        CallFault::Expired(words) => LinkFault::Forbidden(words),
    })
}

fn meaning(message: &str) -> Option<Meaning> {
    let row = RAISED
        .iter()
        .find(|row| message.strip_prefix(row.begins).is_some_and(|rest| rest.contains(row.holds)));
    row.map(|row| row.means)
}

#[cfg(test)]
mod tests {
    use super::super::tests;
    use super::*;

    fn answer(status: u16, code: &str, message: &str) -> Answer {
        let body = serde_json::json!({ "code": code, "message": message, "details": null, "hint": null });
        tests::answer(status, body.to_string())
    }

    /// Names the test of a row; each row is a test of its own.
    macro_rules! rows {
        ($($name:ident: $status:literal $code:literal $message:literal => $expected:expr;)*) => {$(
            #[test]
            fn $name() {
                let expected: fn(&str) -> Reply = $expected;
                assert_eq!(reply(&answer($status, $code, $message)), expected($message));
            }
        )*};
    }

    fn refused(code: RefusalCode, message: &str) -> Reply {
        let message = message.into();
        Reply::Refused(Refusal { code, message, stage: None, rework: None, cancelled_at: None })
    }

    fn moved(message: &str) -> Reply {
        refused(RefusalCode::InvalidStage, message)
    }

    fn not_understood(message: &str) -> Reply {
        refused(RefusalCode::BadInput, message)
    }

    fn no_order(message: &str) -> Reply {
        refused(RefusalCode::NotFound, message)
    }

    fn no_staff(message: &str) -> Reply {
        refused(RefusalCode::PermissionDenied, message)
    }

    fn session(message: &str) -> Reply {
        Reply::Lost(LinkFault::Forbidden(message.into()))
    }

    rows! {
        wrong_stage: 400 "P0001" "Order must be in Filling stage to complete filling" => moved;
        wrong_stage_of_packing: 400 "P0001" "Order must be in Packing stage to complete packing" => moved;
        lost_a_race: 400 "P0001" "Expected to update exactly 1 row, but updated 0 rows for order bannos-18617" => moved;
        not_in_packing: 400 "P0001"
            "Order must be in Packing stage to return to Decorating. Current stage: Covering" => moved;
        no_such_order: 400 "P0001" "Order not found: bannos-1" => no_order;
        no_such_store: 400 "P0001" "Invalid store: shop" => not_understood;
        no_store: 400 "P0001" "Store must be \"bannos\" or \"flourlane\"" => not_understood;
        no_session: 400 "P0001" "Authentication required" => session;
        no_session_in_long: 400 "P0001" "Authentication required: auth.uid() returned NULL" => session;
        no_session_in_short: 400 "P0001" "Not authenticated" => session;
        no_number: 400 "P0001" "Cannot print barcode: shopify_order_number is NULL for order bannos-1" => not_understood;
        expired: 401 "PGRST301" "JWT expired" => session;
        no_function: 404 "PGRST202" "Could not find the function public.complete_filling(p_order_id, p_store)"
            => |message| Reply::Lost(LinkFault::NoFunction(message.into()));
        no_staff_row: 409 "23503"
            "insert or update on table \"stage_events\" violates foreign key constraint \"stage_events_staff_id_fkey\""
            => no_staff;
        no_user_row: 409 "23503"
            "insert or update on table \"audit_log\" violates foreign key constraint \"audit_log_performed_by_fkey\""
            => no_staff;
        an_unknown_text: 400 "P0001" "The oven is on fire" => not_understood;
        a_text_that_is_nearly_known: 400 "P0001" "Order must be paid" => not_understood;
        an_unknown_key: 409 "23503" "violates foreign key constraint \"orders_assignee_id_fkey\"" => not_understood;
        a_bad_value: 400 "22P02" "invalid input syntax for type uuid: \"x\"" => not_understood;
        a_server_that_failed: 500 "XX000" "internal" => |_| Reply::Lost(LinkFault::Server(500));
        a_lock_that_was_not_had: 409 "55P03" "canceling statement" => |_| Reply::Lost(LinkFault::Server(409));
    }

    #[test]
    fn only_texts_of_the_session_are_the_session_s() {
        assert!(is_of_session("P0001", "Not authenticated"));
        assert!(
            !is_of_session("P0001", "Order not found: bannos-1")
                && !is_of_session("22023", "Not authenticated")
        );
    }
}
