using Lacquer.Formats.Catalogues;

namespace Lacquer.Formats.Ledgers;

/// <summary>Chooses among recordings by what a ledger says of them: the <see cref="SearchRequest.Keep"/> of a search.</summary>
public static class StandingFilter
{
    /// <summary>The filter, or null where nothing is asked.</summary>
    /// <param name="ledger">The ledger.</param>
    /// <param name="isHeld">True: only recordings of which an object is held; false: only the others; null: all.</param>
    /// <param name="licence">
    /// Only recordings that the gate took to be under this licence, as it writes it, capitals aside; where it was not asked, those that the catalogue says so of. Without a version (<c>CC-BY</c>): of any. Null: any or none.
    /// </param>
    public static Func<IReadOnlyList<RecordingRow>, IEnumerable<RecordingRow>>? Of(Ledger ledger, bool? isHeld, string? licence)
    {
        if (isHeld is null && licence is null)
            return null;
        return rows =>
        {
            var standings = ledger.Standings(rows.Select(row => row.Id));
            return rows.Where(row =>
            {
                var standing = standings.GetValueOrDefault(row.Id);
                return (isHeld is null || standing?.Object is not null == isHeld)
                    && (licence is null || IsUnder(standing?.Licence ?? row.Licence, licence));
            });
        };
    }

    // CC-BY asks for CC-BY-4.0 too, but not for CC-BY-SA-4.0.
    private static bool IsUnder(string? licence, string asked) =>
        licence is not null && licence.StartsWith(asked, StringComparison.OrdinalIgnoreCase)
        && (licence.Length == asked.Length || (licence.Length > asked.Length + 1 && licence[asked.Length] == '-' && char.IsAsciiDigit(licence[asked.Length + 1])));
}
