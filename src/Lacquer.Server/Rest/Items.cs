using System.Globalization;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Server.Rest;

/// <summary>Turns the rows of catalogue and ledger into what is answered.</summary>
internal static class Items
{
    public static List<RecordingItem> Of(Ledger ledger, IEnumerable<RecordingRow> rows)
    {
        var recordings = rows.ToList();
        var standings = ledger.Standings(recordings.Select(r => r.Id));
        return recordings.ConvertAll(r => Of(r, standings.GetValueOrDefault(r.Id)));
    }

    public static List<FoundRecordingItem> Found(Ledger ledger, IReadOnlyList<FoundRecording> found) =>
        Of(ledger, found.Select(f => f.Recording)).Zip(found, (item, f) => new FoundRecordingItem(item, f.Release is { } release ? Of(release) : null)).ToList();

    public static RecordingItem Of(RecordingRow row, StandingRow? standing)
    {
        var held = standing?.Object is not null;
        var published = held && standing!.Publish;
        return new RecordingItem(row.Id.ToString(), row.Rank, row.Title, row.ArtistCredit, row.DurationMs, row.Listens, row.Popularity, held, published,
            published ? $"/audio/{row.Id}" : null, standing?.Licence ?? row.Licence, published ? null : Why(standing), row.Mbid?.ToString(), row.IsExplicit);
    }

    public static ReleaseItem Of(ReleaseRow row) => new(row.Id.ToString(), row.Rank, row.Title, row.ArtistCredit, Date(row.Date), row.Gtin?.ToString("D13", CultureInfo.InvariantCulture), row.Listens,
        row.Type, row.Licence, row.Mbid?.ToString());

    public static ArtistItem Of(ArtistRow row) => new(row.Id.ToString(), row.Rank, row.Name, row.Listens, row.SortName, row.Mbid?.ToString());

    public static List<ArtistLink> Links(IEnumerable<CreditName> credit) => credit.Select(n => new ArtistLink(n.Artist.ToString(), n.Name, n.JoinPhrase, n.Role)).ToList();

    public static List<KeyItem> Keys(IEnumerable<SourceKey> keys) => keys.Select(k => new KeyItem(k.Source, k.Key)).ToList();

    public static List<SourceAnswer> Sources(IEnumerable<RecordPlace> places) => places.Select(s => new SourceAnswer(s.Accession, s.Offset)).ToList();

    /// <summary>Why a recording cannot be heard, in one line.</summary>
    public static string Why(StandingRow? standing) => standing switch
    {
        { Object: not null, RightsReason: { } reason } => $"kept dark: {reason}",
        { Object: not null } => "kept dark: the gate was not asked",
        { State: JobState.Denied } denied => $"not held: {denied.RightsReason ?? denied.JobReason}",
        { State: JobState.SetAside } set => $"not held: its audio was set aside: {set.JobReason}",
        { RightsReason: { } reason, Publish: false } => $"not held: {reason}",
        _ => "not held: no source has brought its audio yet",
    };

    /// <summary>20260300 as 2026-03: what is not known is left out.</summary>
    private static string? Date(int? date)
    {
        if (date is not { } number)
            return null;
        var (year, month, day) = (number / 10000, number / 100 % 100, number % 100);
        return month == 0 ? $"{year:D4}" : day == 0 ? $"{year:D4}-{month:D2}" : $"{year:D4}-{month:D2}-{day:D2}";
    }
}
