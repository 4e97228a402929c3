using System.Globalization;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Objects;

namespace Lacquer.Stages.Ingesting;

/// <summary>A release as the tags of one of its tracks name it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Mbid">Its MBID, or null.</param>
/// <param name="Title">Its title.</param>
/// <param name="Tags">What the catalogue knows of it and of the track's place on it.</param>
internal sealed record ReleaseFacts(EntityId Id, Guid? Mbid, string Title, IReadOnlyList<Comment> Tags);

/// <summary>What the catalogue knows of a recording that a tag has a name for.</summary>
/// <param name="Recording">Its id.</param>
/// <param name="Tags">Of the recording itself.</param>
/// <param name="Releases">The releases it stands on, best-known first.</param>
internal sealed record CatalogueFacts(EntityId Recording, IReadOnlyList<Comment> Tags, IReadOnlyList<ReleaseFacts> Releases)
{
    /// <summary>
    /// The release that tags are of: the one whose MBID they have; without an MBID the best-known one whose title they have; where they name no release, the best-known of all. Null where there is none: facts of different releases are
    /// not mixed.
    /// </summary>
    public ReleaseFacts? ReleaseOf(string? mbid, string? title) =>
        mbid is not null ? Releases.FirstOrDefault(r => r.Mbid?.ToString().Equals(mbid, StringComparison.OrdinalIgnoreCase) == true)
        : title is not null ? Releases.FirstOrDefault(r => SearchText.Fold(r.Title) == SearchText.Fold(title))
        : Releases.Count > 0 ? Releases[0] : null;
}

/// <summary>Reads tags from the catalogue, through a reader of its own. Safe for several threads.</summary>
internal sealed class CatalogueTags(string folder) : IDisposable
{
    // Standards stand on thousands of releases; the best-known say what there is to say.
    private const int MostReleases = 20;
    private readonly CatalogueReader _catalogue = CatalogueReader.Open(folder);
    private readonly Lock _reading = new();

    /// <summary>What the catalogue knows of a recording.</summary>
    public CatalogueFacts Of(RecordingRow recording)
    {
        lock (_reading)
        {
            var tags = new List<Comment>();
            Add(tags, "TITLE", recording.Title);
            Add(tags, "ARTIST", recording.ArtistCredit);
            foreach (var name in _catalogue.CreditOf(EntityKind.Recording, recording.Rank))
                Add(tags, "ARTISTS", name.Name);
            foreach (var isrc in _catalogue.Isrcs(recording.Rank))
                Add(tags, "ISRC", isrc.ToString());
            Add(tags, "MUSICBRAINZ_TRACKID", recording.Mbid?.ToString());
            foreach (var artist in _catalogue.ArtistsOfRecording(recording.Rank))
                Add(tags, "MUSICBRAINZ_ARTISTID", artist.Mbid?.ToString());
            return new CatalogueFacts(recording.Id, tags, [.. _catalogue.Appearances(recording.Rank).DistinctBy(a => a.Release.Rank).Take(MostReleases).Select(Release)]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _catalogue.Dispose();

    private ReleaseFacts Release(AppearanceRow place)
    {
        var (release, tags) = (place.Release, new List<Comment>());
        Add(tags, "ALBUM", release.Title);
        Add(tags, "ALBUMARTIST", release.ArtistCredit);
        Add(tags, "DATE", Date(release.Date));
        var tracks = _catalogue.Tracks(release.Rank);
        Add(tags, "TRACKNUMBER", Number(place.Position));
        Add(tags, "TRACKTOTAL", Number(tracks.Count(t => t.Medium == place.Medium)));
        Add(tags, "DISCNUMBER", Number(place.Medium));
        Add(tags, "DISCTOTAL", Number(tracks.Max(t => t.Medium)));
        Add(tags, "BARCODE", release.Gtin?.ToString("D13", CultureInfo.InvariantCulture));
        foreach (var label in _catalogue.Labels(release.Rank))
        {
            Add(tags, "LABEL", label.Name);
            Add(tags, "CATALOGNUMBER", label.CatalogueNumber);
        }

        Add(tags, "MUSICBRAINZ_ALBUMID", release.Mbid?.ToString());
        foreach (var artist in _catalogue.ArtistsOfRelease(release.Rank))
            Add(tags, "MUSICBRAINZ_ALBUMARTISTID", artist.Mbid?.ToString());
        return new ReleaseFacts(release.Id, release.Mbid, release.Title, tags);
    }

    private static void Add(List<Comment> tags, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value) && !tags.Contains(new Comment(name, value)))
            tags.Add(new Comment(name, value));
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    // YYYYMMDD, where 00 is not known.
    private static string? Date(int? date) => date is not { } known || known / 10_000 == 0 ? null
        : known / 100 % 100 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{known / 10_000:0000}")
        : known % 100 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{known / 10_000:0000}-{known / 100 % 100:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{known / 10_000:0000}-{known / 100 % 100:00}-{known % 100:00}");
}
