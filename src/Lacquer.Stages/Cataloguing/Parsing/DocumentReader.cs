using System.Globalization;
using System.Text.Json;

namespace Lacquer.Stages.Cataloguing.Parsing;

/// <summary>
/// Reads documents of MusicBrainz's shape (WS/2) into lists that are used again for the next: releases, recordings, artists. What it does not know it passes over; a known property of the wrong type
/// makes the line none.
/// </summary>
internal sealed class DocumentReader
{
    private const int MostTracks = 100_000;

    // Of one credit, and of one recording: each is compared with the others.
    private const int MostNames = 1000;
    private const int MostIsrcs = 1000;

    private static readonly string[] FeatureNames = ["tempo", "key", "mode", "time_signature", "loudness", "danceability", "energy", "speechiness", "acousticness", "instrumentalness", "liveness", "valence"];

    public RecordText Text { get; } = new();

    public List<CreditedName> Names { get; } = [];

    public List<long> Isrcs { get; } = [];

    /// <summary>Genres, aliases, label names and the like, parts of which belong to someone.</summary>
    public List<TextRef> Words { get; } = [];

    public List<TrackScratch> Tracks { get; } = [];

    public List<(TextRef Label, TextRef CatalogueNumber)> Labels { get; } = [];

    public List<(int Position, TextRef Format, TextRef Title)> Media { get; } = [];

    public List<(TextRef Type, TextRef Url)> Images { get; } = [];

    /// <summary>Where the release can be had.</summary>
    public CountrySet Markets { get; } = new();

    public TextRef Id, Title, Name, SortName, Barcode, Country, PrimaryType, Licence;
    public ListPart Credit, Genres, Aliases, SecondaryTypes;
    public int Date;
    public bool HasFrontCover;

    public void Clear()
    {
        Text.Clear();
        Names.Clear();
        Isrcs.Clear();
        Words.Clear();
        Tracks.Clear();
        Labels.Clear();
        Media.Clear();
        Images.Clear();
        Markets.Clear();
        Id = Title = Name = SortName = Barcode = Country = PrimaryType = Licence = default;
        Credit = Genres = Aliases = SecondaryTypes = default;
        Date = 0;
        HasFrontCover = false;
    }

    public void Release(ref Utf8JsonReader json)
    {
        while (Next(ref json))
        {
            if (Is(ref json, "id"u8)) Id = Text.Text(ref json, "id");
            else if (Is(ref json, "title"u8)) Title = Text.Text(ref json, "title");
            else if (Is(ref json, "artist-credit"u8)) Credit = ArtistCredit(ref json);
            else if (Is(ref json, "media"u8)) AllMedia(ref json);
            else if (Is(ref json, "date"u8)) Date = Text.Date(Text.Text(ref json, "date"), "date");
            else if (Is(ref json, "barcode"u8)) Barcode = Text.Text(ref json, "barcode");
            else if (Is(ref json, "country"u8)) Country = Text.Text(ref json, "country");
            else if (Is(ref json, "release-events"u8)) Events(ref json);
            else if (Is(ref json, "markets"u8)) CountryList(ref json);
            else if (Is(ref json, "label-info"u8)) LabelInfo(ref json);
            else if (Is(ref json, "release-group"u8)) Group(ref json);
            else if (Is(ref json, "genres"u8)) Genres = Named(ref json, "genres");
            else if (Is(ref json, "aliases"u8)) Aliases = Named(ref json, "aliases");
            else if (Is(ref json, "cover-art-archive"u8)) CoverArt(ref json);
            else if (Is(ref json, "images"u8)) ImageList(ref json);
            else if (Is(ref json, "licence"u8)) Licence = Text.Text(ref json, "licence");
            else json.Skip();
        }
    }

    public void Artist(ref Utf8JsonReader json)
    {
        while (Next(ref json))
        {
            if (Is(ref json, "id"u8)) Id = Text.Text(ref json, "id");
            else if (Is(ref json, "name"u8)) Name = Text.Text(ref json, "name");
            else if (Is(ref json, "sort-name"u8)) SortName = Text.Text(ref json, "sort-name");
            else if (Is(ref json, "aliases"u8)) Aliases = Named(ref json, "aliases");
            else if (Is(ref json, "genres"u8)) Genres = Named(ref json, "genres");
            else json.Skip();
        }
    }

    public RecordingScratch Recording(ref Utf8JsonReader json)
    {
        var recording = default(RecordingScratch);
        while (Next(ref json))
        {
            if (Is(ref json, "id"u8)) recording.Id = Text.Text(ref json, "recording id");
            else if (Is(ref json, "title"u8)) recording.Title = Text.Text(ref json, "recording title");
            else if (Is(ref json, "length"u8)) recording.DurationMs = Duration(ref json);
            else if (Is(ref json, "isrcs"u8)) IsrcList(ref json, ref recording);
            else if (Is(ref json, "artist-credit"u8)) recording.Credit = ArtistCredit(ref json);
            else if (Is(ref json, "genres"u8)) recording.Genres = Named(ref json, "genres");
            else if (Is(ref json, "aliases"u8)) recording.Aliases = Named(ref json, "aliases");
            else if (Is(ref json, "explicit"u8)) recording.IsExplicit = RecordText.Truth(ref json, "explicit");
            else if (Is(ref json, "licence"u8)) recording.Licence = Text.Text(ref json, "licence");
            else if (Is(ref json, "listens"u8)) recording.Listens = Listens(ref json);
            else if (Is(ref json, "features"u8)) FeatureNumbers(ref json, ref recording);
            else json.Skip();
        }

        return recording;
    }

    // To the next property's value; false at the object's end.
    private static bool Next(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName;

    // Whether this is the property's name, and if it is, on to its value.
    private static bool Is(ref Utf8JsonReader json, ReadOnlySpan<byte> name)
    {
        if (json.TokenType != JsonTokenType.PropertyName || !(json.ValueIsEscaped ? json.ValueTextEquals(name) : json.ValueSpan.SequenceEqual(name)))
            return false;
        json.Read();
        return true;
    }

    private static bool NextItem(ref Utf8JsonReader json) => json.Read() && json.TokenType != JsonTokenType.EndArray;

    private static int Duration(ref Utf8JsonReader json) => (int)(RecordText.Number(ref json, "length", 0, int.MaxValue) ?? 0);

    private static long Listens(ref Utf8JsonReader json) => RecordText.Number(ref json, "listens", 0, 1L << 48) ?? 0;

    private ListPart ArtistCredit(ref Utf8JsonReader json)
    {
        if (!RecordText.IsList(ref json, "artist-credit"))
            return default;
        var start = Names.Count;
        while (NextItem(ref json))
        {
            if (!RecordText.IsObject(ref json, "artist-credit's name"))
                continue;
            var name = default(CreditedName);
            while (Next(ref json))
            {
                if (Is(ref json, "name"u8)) name.Name = Text.Text(ref json, "artist-credit's name");
                else if (Is(ref json, "joinphrase"u8)) name.JoinPhrase = Text.Text(ref json, "joinphrase");
                else if (Is(ref json, "role"u8)) name.Role = Text.Text(ref json, "role");
                else if (Is(ref json, "artist"u8))
                {
                    if (!RecordText.IsObject(ref json, "artist"))
                        continue;
                    while (Next(ref json))
                    {
                        if (Is(ref json, "id"u8)) name.ArtistId = Text.Text(ref json, "artist id");
                        else if (Is(ref json, "name"u8)) name.ArtistName = Text.Text(ref json, "artist name");
                        else if (Is(ref json, "sort-name"u8)) name.SortName = Text.Text(ref json, "sort-name");
                        else json.Skip();
                    }
                }
                else json.Skip();
            }

            if (name.Name.IsEmpty)
                name.Name = name.ArtistName;
            if (name.ArtistName.IsEmpty)
                name.ArtistName = name.Name;
            if (name.Name.IsEmpty)
                continue;
            if (Names.Count - start == MostNames)
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"artist-credit has more than {MostNames} names"));
            Names.Add(name);
        }

        return new ListPart(start, Names.Count - start);
    }

    private void AllMedia(ref Utf8JsonReader json)
    {
        if (!RecordText.IsList(ref json, "media"))
            return;
        var number = 0;
        while (NextItem(ref json))
        {
            if (!RecordText.IsObject(ref json, "medium"))
                continue;
            number++;
            var (format, title, first) = (default(TextRef), default(TextRef), Tracks.Count);
            while (Next(ref json))
            {
                if (Is(ref json, "position"u8)) number = (int)(RecordText.Number(ref json, "medium's position", 0, ushort.MaxValue) ?? number);
                else if (Is(ref json, "format"u8)) format = Text.Text(ref json, "format");
                else if (Is(ref json, "title"u8)) title = Text.Text(ref json, "medium's title");
                else if (Is(ref json, "tracks"u8) || Is(ref json, "data-tracks"u8)) AllTracks(ref json);
                else if (Is(ref json, "pregap"u8))
                {
                    if (RecordText.IsObject(ref json, "pregap"))
                        OneTrack(ref json, 0);
                }
                else json.Skip();
            }

            foreach (ref var track in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(Tracks)[first..])
                track.Medium = number;
            if (!format.IsEmpty || !title.IsEmpty)
                Media.Add((number, format, title));
        }
    }

    private void AllTracks(ref Utf8JsonReader json)
    {
        if (!RecordText.IsList(ref json, "tracks"))
            return;
        var position = 0;
        while (NextItem(ref json))
        {
            if (!RecordText.IsObject(ref json, "track"))
                continue;
            position = OneTrack(ref json, position + 1);
        }
    }

    // Gives its position, which is the one given where it has none of its own.
    private int OneTrack(ref Utf8JsonReader json, int position)
    {
        if (Tracks.Count == MostTracks)
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"it has more than {MostTracks} tracks"));
        var track = new TrackScratch { Position = position };
        while (Next(ref json))
        {
            if (Is(ref json, "title"u8)) track.Title = Text.Text(ref json, "track's title");
            else if (Is(ref json, "position"u8)) track.Position = (int)(RecordText.Number(ref json, "track's position", 0, ushort.MaxValue) ?? position);
            else if (Is(ref json, "length"u8)) track.DurationMs = Duration(ref json);
            else if (Is(ref json, "artist-credit"u8)) track.Credit = ArtistCredit(ref json);
            else if (Is(ref json, "explicit"u8)) track.IsExplicit = RecordText.Truth(ref json, "explicit");
            else if (Is(ref json, "listens"u8)) track.Listens = Listens(ref json);
            else if (Is(ref json, "recording"u8))
            {
                if (RecordText.IsObject(ref json, "recording"))
                    track.Recording = Recording(ref json);
            }
            else json.Skip();
        }

        Tracks.Add(track);
        return track.Position;
    }

    private void IsrcList(ref Utf8JsonReader json, ref RecordingScratch recording)
    {
        if (!RecordText.IsList(ref json, "isrcs"))
            return;
        var start = Isrcs.Count;
        while (NextItem(ref json))
        {
            if (json.TokenType != JsonTokenType.String)
                throw RecordText.Wrong(ref json, "isrc", "a text");
            if (!json.ValueIsEscaped && json.ValueSpan.Length <= 40 && Lacquer.Formats.Identity.Isrc.TryParse(json.ValueSpan, out var isrc))
            {
                var listed = false;
                for (var i = start; i < Isrcs.Count; i++)
                    listed |= Isrcs[i] == isrc.Packed;
                if (listed)
                    continue;
                if (Isrcs.Count - start == MostIsrcs)
                    throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"a recording has more than {MostIsrcs} ISRCs"));
                Isrcs.Add(isrc.Packed);
            }
            else
            {
                recording.InvalidIsrcs++;
            }
        }

        recording.Isrcs = new ListPart(start, Isrcs.Count - start);
    }

    private static void FeatureNumbers(ref Utf8JsonReader json, ref RecordingScratch recording)
    {
        if (!RecordText.IsObject(ref json, "features"))
            return;
        for (var i = 0; i < FeatureNames.Length; i++)
            recording.Features[i] = float.NaN;
        while (Next(ref json))
        {
            var known = -1;
            for (var i = 0; i < FeatureNames.Length && known < 0; i++)
                if (json.ValueTextEquals(FeatureNames[i]))
                    known = i;
            json.Read();
            if (known < 0)
                json.Skip();
            else if (RecordText.Real(ref json, FeatureNames[known]) is { } number)
                (recording.Features[known], recording.HasFeatures) = (number, true);
        }
    }

    // Objects of which the name counts: genres, aliases.
    private ListPart Named(ref Utf8JsonReader json, string what)
    {
        if (!RecordText.IsList(ref json, what))
            return default;
        var start = Words.Count;
        while (NextItem(ref json))
        {
            if (json.TokenType == JsonTokenType.String)
            {
                Keep(Text.Text(ref json, what));
                continue;
            }

            if (!RecordText.IsObject(ref json, what))
                continue;
            while (Next(ref json))
            {
                if (Is(ref json, "name"u8)) Keep(Text.Text(ref json, what));
                else json.Skip();
            }
        }

        return new ListPart(start, Words.Count - start);

        void Keep(TextRef word)
        {
            if (!word.IsEmpty && Words.Count - start < 255)
                Words.Add(word);
        }
    }

    private void Events(ref Utf8JsonReader json)
    {
        if (!RecordText.IsList(ref json, "release-events"))
            return;
        while (NextItem(ref json))
        {
            if (!RecordText.IsObject(ref json, "release-event"))
                continue;
            while (Next(ref json))
            {
                if (!Is(ref json, "area"u8))
                    json.Skip();
                else if (RecordText.IsObject(ref json, "area"))
                    while (Next(ref json))
                    {
                        if (Is(ref json, "iso-3166-1-codes"u8)) CountryList(ref json);
                        else json.Skip();
                    }
            }
        }
    }

    private void CountryList(ref Utf8JsonReader json)
    {
        if (!RecordText.IsList(ref json, "countries"))
            return;
        while (NextItem(ref json))
        {
            if (json.TokenType != JsonTokenType.String)
                throw RecordText.Wrong(ref json, "country", "a text");
            Market(json.ValueSpan);
        }
    }

    /// <summary>Counts a country among the markets, if it is two capital letters.</summary>
    public void Market(ReadOnlySpan<byte> code)
    {
        if (code.Length == 2 && char.IsAsciiLetterUpper((char)code[0]) && char.IsAsciiLetterUpper((char)code[1]))
            Markets.Add(code[0], code[1]);
    }

    private void LabelInfo(ref Utf8JsonReader json)
    {
        if (!RecordText.IsList(ref json, "label-info"))
            return;
        while (NextItem(ref json))
        {
            if (!RecordText.IsObject(ref json, "label-info"))
                continue;
            var (name, number) = (default(TextRef), default(TextRef));
            while (Next(ref json))
            {
                if (Is(ref json, "catalog-number"u8)) number = Text.Text(ref json, "catalog-number");
                else if (Is(ref json, "label"u8))
                {
                    if (RecordText.IsObject(ref json, "label"))
                        while (Next(ref json))
                        {
                            if (Is(ref json, "name"u8)) name = Text.Text(ref json, "label's name");
                            else json.Skip();
                        }
                }
                else json.Skip();
            }

            if ((!name.IsEmpty || !number.IsEmpty) && Labels.Count < 100)
                Labels.Add((name, number));
        }
    }

    private void Group(ref Utf8JsonReader json)
    {
        if (!RecordText.IsObject(ref json, "release-group"))
            return;
        while (Next(ref json))
        {
            if (Is(ref json, "primary-type"u8)) PrimaryType = Text.Text(ref json, "primary-type");
            else if (Is(ref json, "secondary-types"u8)) SecondaryTypes = Named(ref json, "secondary-types");
            else json.Skip();
        }
    }

    private void CoverArt(ref Utf8JsonReader json)
    {
        if (!RecordText.IsObject(ref json, "cover-art-archive"))
            return;
        while (Next(ref json))
        {
            if (Is(ref json, "front"u8)) HasFrontCover = RecordText.Truth(ref json, "front") == true;
            else json.Skip();
        }
    }

    private void ImageList(ref Utf8JsonReader json)
    {
        if (!RecordText.IsList(ref json, "images"))
            return;
        while (NextItem(ref json))
        {
            if (!RecordText.IsObject(ref json, "image"))
                continue;
            var (type, url) = (default(TextRef), default(TextRef));
            while (Next(ref json))
            {
                if (Is(ref json, "type"u8)) type = Text.Text(ref json, "image's type");
                else if (Is(ref json, "url"u8)) url = Text.Text(ref json, "image's url");
                else json.Skip();
            }

            if (!url.IsEmpty && Images.Count < 100)
                Images.Add((type, url));
        }
    }
}
