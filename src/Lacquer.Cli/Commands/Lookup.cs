using System.Globalization;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Identity;
using Lacquer.Stages.Workbench;

namespace Lacquer.Cli.Commands;

/// <summary>Finds what somebody means by an id, an MBID, an ISRC, a barcode or a rank.</summary>
internal static class Lookup
{
    /// <summary>The newest catalogue.</summary>
    /// <exception cref="LacquerException">There is none.</exception>
    public static CatalogueReader Catalogue(OpenArchive archive) => CatalogueReader.Open(archive.Layout.NewestCatalogue()
        ?? throw new LacquerException(Failure.Missing, $"{archive.Layout.Root} has no catalogue yet", "lacquer catalogue builds one"));

    /// <summary>The id that is meant: an id itself, which the catalogue need not have, or that of the one thing found.</summary>
    /// <exception cref="LacquerException">It names nothing, or several things.</exception>
    public static EntityId Id(string folder, string text, TimeProvider clock)
    {
        if (EntityId.TryParse(text, out var id))
            return id;
        using var archive = OpenArchive.ToRead(folder, clock);
        using var catalogue = Catalogue(archive);
        return Find(catalogue, text) switch
        {
            RecordingRow recording => recording.Id,
            ReleaseRow release => release.Id,
            ArtistRow artist => artist.Id,
            _ => throw new LacquerException(Failure.Usage, $"several things carry {text}", $"lacquer show {text} lists them"),
        };
    }

    /// <summary>A row of the catalogue; for an ISRC or a barcode that several carry, the list of them.</summary>
    /// <exception cref="LacquerException">It names nothing.</exception>
    public static object Find(CatalogueReader catalogue, string text)
    {
        if (EntityId.TryParse(text, out var id))
            return (id.Kind switch
            {
                EntityKind.Recording => catalogue.Recording(id),
                EntityKind.Release => catalogue.Release(id),
                _ => (object?)catalogue.Artist(id),
            }) ?? throw new LacquerException(Failure.Missing, $"catalogue {catalogue.Name} has no {id}", "lacquer search WORDS finds what it has");
        if (text.StartsWith('#') && long.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var rank))
            return catalogue.Recording(rank)
                ?? throw new LacquerException(Failure.Missing, FormattableString.Invariant($"catalogue {catalogue.Name} has no rank {rank}: the last is {catalogue.Totals().Recordings}"));
        if (Isrc.TryParse(text, out var isrc))
            return catalogue.Recordings(isrc) switch
            {
                [] => throw new LacquerException(Failure.Missing, $"catalogue {catalogue.Name} has no recording with the ISRC {isrc}", "lacquer search WORDS finds what it has"),
                [var one] => one,
                var several => several,
            };
        if (Mbid.TryParse(text, out var mbid))
            return catalogue.Recording(mbid) ?? catalogue.Release(mbid) ?? (object?)catalogue.Artist(mbid)
                ?? throw new LacquerException(Failure.Missing, $"catalogue {catalogue.Name} has nothing with the MBID {mbid}", "lacquer search WORDS finds what it has");
        if (text.Length is >= 8 and <= 14 && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var gtin))
            return catalogue.Releases(gtin) switch
            {
                [] => throw new LacquerException(Failure.Missing, $"catalogue {catalogue.Name} has no release with the barcode {text}", "lacquer search WORDS finds what it has"),
                [var one] => one,
                var several => several,
            };
        throw new LacquerException(Failure.Usage, $"'{text}' is not an id (rec-…, rel-…, art-…), an MBID, an ISRC, a barcode or a rank (#7)", $"lacquer search {text}");
    }
}
