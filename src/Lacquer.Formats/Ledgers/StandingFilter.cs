using Lacquer.Formats.Catalogues;

namespace Lacquer.Formats.Ledgers;

/// <summary>Chooses among recordings by what a ledger says of them: the <see cref="SearchRequest.Keep"/> of a search.</summary>
public static class StandingFilter
{
    /// <summary>The filter, or null where nothing is asked.</summary>
    /// <param name="ledger">The ledger.</param>
    /// <param name="isHeld">True: only recordings of which an object is held; false: only the others; null: all.</param>
    /// <param name="licence">Only recordings that the gate took to be under this licence, as it writes it, capitals aside; null: any or none.</param>
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
                    && (licence is null || string.Equals(standing?.Licence, licence, StringComparison.OrdinalIgnoreCase));
            });
        };
    }
}
