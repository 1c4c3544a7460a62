//! Who may call a route, as a type: what a handler takes says it, and what describes the route names the same type.

use kernel::{OperatorRole, Role, Scope};

/// Which roles may call a route, and with which scope a partner may.
pub trait Allowed {
    /// The roles. The one of partners is among them if there is a scope.
    const ROLES: &'static [Role];
    /// What a partner's token must allow; without one no partner calls the route.
    const SCOPE: Option<Scope> = None;
    /// The lowest role of operators that may call the route, if operators may. Where none is named only admins do.
    const OPERATOR: OperatorRole = OperatorRole::Admin;
}

/// Declares who may call routes: the roles, in brackets the lowest role of operators, and after `with` the scope that a partner's token must
/// have.
///
/// ```
/// platform::allowed! {
///     /// Staff.
///     struct Freezers = Operator(Support);
///     /// Everybody, for what is theirs.
///     struct Readers = Member | Operator(Viewer) | Service | Partner with EventsRead;
/// }
/// ```
#[macro_export]
macro_rules! allowed {
    ($($(#[$doc:meta])* $vis:vis struct $name:ident = $($role:ident $(($lowest:ident))?)|+ $(with $scope:ident)?;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        $vis struct $name;

        impl $crate::auth::Allowed for $name {
            const ROLES: &'static [::kernel::Role] = &[$(::kernel::Role::$role),+];
            $(const SCOPE: Option<::kernel::Scope> = Some(::kernel::Scope::$scope);)?
            $($(const OPERATOR: ::kernel::OperatorRole = ::kernel::OperatorRole::$lowest;)?)+
        }
    )*};
}
