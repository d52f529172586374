//! Pictures for pages: what `pdftoppm` prints, JPEG and TIFF, decoded whole and set upright.
//!
//! A picture that is cut off or that is only nearly decoded is no page: decoding is strict, and what this program does
//! not read is refused by name. Pure functions; nothing reaches the disk.

use krilla::image::{BitsPerComponent, CustomImage, Image, ImageColorspace};
use std::io::Cursor;
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Points along one side. Own bound: A3 at 1,200 dpi has 19,800.
const SIDE_MAX: usize = 20_000;
/// Points of one picture. Own bound: A3 at 600 dpi has 70 million.
const POINTS_MAX: usize = 100_000_000;

/// Points of a picture, line by line from the top: 1 byte each when grey, 3 in colour.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Points {
    width: usize,
    height: usize,
    channels: usize,
    bytes: Vec<u8>,
}

impl CustomImage for Points {
    fn color_channel(&self) -> &[u8] {
        &self.bytes
    }

    fn alpha_channel(&self) -> Option<&[u8]> {
        None
    }

    fn bits_per_component(&self) -> BitsPerComponent {
        BitsPerComponent::Eight
    }

    fn size(&self) -> (u32, u32) {
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        (side(self.width), side(self.height))
    }

    fn icc_profile(&self) -> Option<&[u8]> {
        None
    }

    fn color_space(&self) -> ImageColorspace {
        if self.channels == 1 { ImageColorspace::Luma } else { ImageColorspace::Rgb }
    }
}

impl Points {
    fn new(width: usize, height: usize, channels: usize, bytes: Vec<u8>) -> Result<Self, String> {
        check_size(width, height)?;
        if bytes.len() != width * height * channels {
            return Err(format!("{} bytes of points, {width} × {height} × {channels} wanted", bytes.len()));
        }
        Ok(Self { width, height, channels, bytes }.greyed())
    }

    /// A picture in colour without any colour takes a third of the room.
    fn greyed(mut self) -> Self {
        if self.channels == 3 && self.bytes.chunks_exact(3).all(|p| p[0] == p[1] && p[1] == p[2]) {
            self.bytes = self.bytes.chunks_exact(3).map(|point| point[0]).collect();
            self.channels = 1;
        }
        self
    }

    /// Set upright by an orientation of TIFF (tag 274) or EXIF.
    fn upright(self, orientation: u16) -> Result<Self, String> {
        let (w, h) = (self.width, self.height);
        // Where the point at a place of the upright picture comes from.
        type From = fn(usize, usize, usize, usize) -> (usize, usize);
        let (turned, from): (bool, From) = match orientation {
            1 => return Ok(self),
            2 => (false, |x, y, w, _| (w - 1 - x, y)),
            3 => (false, |x, y, w, h| (w - 1 - x, h - 1 - y)),
            4 => (false, |x, y, _, h| (x, h - 1 - y)),
            5 => (true, |x, y, _, _| (y, x)),
            6 => (true, |x, y, _, h| (y, h - 1 - x)),
            7 => (true, |x, y, w, h| (w - 1 - y, h - 1 - x)),
            8 => (true, |x, y, w, _| (w - 1 - y, x)),
            other => return Err(format!("orientation {other} is none of TIFF")),
        };
        let (width, height) = if turned { (h, w) } else { (w, h) };
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for y in 0..height {
            for x in 0..width {
                let (from_x, from_y) = from(x, y, w, h);
                let at = (from_y * w + from_x) * self.channels;
                bytes.extend_from_slice(&self.bytes[at..at + self.channels]);
            }
        }
        Ok(Self { width, height, channels: self.channels, bytes })
    }

    fn image(self) -> Result<Image, String> {
        Image::from_custom(self, false)
    }
}

fn check_size(width: usize, height: usize) -> Result<(), String> {
    let is_right = (1..=SIDE_MAX).contains(&width) && (1..=SIDE_MAX).contains(&height) && width * height <= POINTS_MAX;
    if is_right { Ok(()) } else { Err(format!("{width} × {height} points are too many or none")) }
}

/// A picture as `pdftoppm` prints it: PPM in binary, one byte a colour.
pub fn ppm(bytes: &[u8]) -> Result<Image, String> {
    let broken = || "the renderer gave no whole picture".to_owned();
    let mut rest = bytes.strip_prefix(b"P6").ok_or_else(broken)?;
    let mut numbers = [0usize; 3];
    for number in &mut numbers {
        rest = rest.trim_ascii_start();
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let text = std::str::from_utf8(&rest[..digits]).map_err(|_| broken())?;
        *number = text.parse().map_err(|_| broken())?;
        rest = &rest[digits..];
    }
    let [width, height, 255] = numbers else { return Err(broken()) };
    Points::new(width, height, 3, rest.get(1..).ok_or_else(broken)?.to_vec())?.image()
}

/// A JPEG file. One that is whole and stands upright is taken over as it is.
pub fn jpeg(bytes: &[u8]) -> Result<Image, String> {
    match jpeg_points(bytes)? {
        (_, 1) => Image::from_jpeg(bytes.to_vec().into(), false),
        (points, orientation) => points.upright(orientation)?.image(),
    }
}

/// Its points, and how they are to be turned.
fn jpeg_points(bytes: &[u8]) -> Result<(Points, u16), String> {
    let said = |e| format!("JPEG: {e}");
    let options = DecoderOptions::new_safe().set_strict_mode(true).set_max_width(SIDE_MAX).set_max_height(SIDE_MAX);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
    decoder.decode_headers().map_err(said)?;
    let (width, height) = decoder.dimensions().ok_or("JPEG: no dimensions")?;
    check_size(width, height)?;
    let (space, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, 1),
        Some(ColorSpace::RGB | ColorSpace::YCbCr) => (ColorSpace::RGB, 3),
        // Printer's colours mean nothing without the profile of the printer.
        other => return Err(format!("JPEG: colours {other:?} are not rendered")),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let points = decoder.decode().map_err(said)?;
    let orientation = decoder.exif().map_or(Ok(1), |exif| exif_orientation(exif))?;
    Ok((Points::new(width, height, channels, points)?, orientation))
}

/// The orientation in the first directory of EXIF data, which have the form of TIFF; 1 when there is none.
fn exif_orientation(exif: &[u8]) -> Result<u16, String> {
    let cut = || "EXIF data are cut off".to_owned();
    let two = |at: usize| exif.get(at..at + 2).map(|b| [b[0], b[1]]).ok_or_else(cut);
    let is_little = match exif.get(..2) {
        Some(b"II") => true,
        Some(b"MM") => false,
        _ => return Ok(1),
    };
    let short = |at: usize| {
        Ok::<_, String>(if is_little { u16::from_le_bytes(two(at)?) } else { u16::from_be_bytes(two(at)?) })
    };
    let (first, second) = (usize::from(short(4)?), usize::from(short(6)?));
    let directory = if is_little { second << 16 | first } else { first << 16 | second };
    for entry in 0..usize::from(short(directory)?) {
        let at = directory + 2 + entry * 12;
        if short(at)? == Tag::Orientation.to_u16() {
            return short(at + 8);
        }
    }
    Ok(1)
}

/// Every page of a TIFF file.
pub fn tiff(bytes: &[u8]) -> Result<Vec<Image>, String> {
    tiff_points(bytes)?.into_iter().map(Points::image).collect()
}

fn tiff_points(bytes: &[u8]) -> Result<Vec<Points>, String> {
    let said = |e| format!("TIFF: {e}");
    let mut limits = Limits::default();
    limits.decoding_buffer_size = POINTS_MAX * 3;
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(said)?.with_limits(limits);
    let mut pages = Vec::new();
    loop {
        if pages.len() == super::PAGES_MAX {
            return Err(format!("more than {} pages", super::PAGES_MAX));
        }
        let (width, height) = decoder.dimensions().map_err(said)?;
        let (width, height) = (width as usize, height as usize);
        check_size(width, height)?;
        let colours = decoder.colortype().map_err(said)?;
        let orientation = decoder.find_tag_unsigned::<u16>(Tag::Orientation).map_err(said)?.unwrap_or(1);
        let DecodingResult::U8(points) = decoder.read_image().map_err(said)? else {
            return Err(format!("TIFF: {colours:?} is not rendered"));
        };
        let (channels, points) = match colours {
            ColorType::Gray(8) => (1, points),
            ColorType::RGB(8) => (3, points),
            ColorType::Gray(1) => (1, bilevel(&points, width, height)?),
            other => return Err(format!("TIFF: {other:?} is not rendered")),
        };
        pages.push(Points::new(width, height, channels, points)?.upright(orientation)?);
        if !decoder.more_images() {
            return Ok(pages);
        }
        decoder.next_image().map_err(said)?;
    }
}

/// Points of one bit each, eight in a byte, every line from a new byte. The decoder has made white one already.
fn bilevel(packed: &[u8], width: usize, height: usize) -> Result<Vec<u8>, String> {
    let line = width.div_ceil(8);
    if packed.len() != line * height {
        return Err(format!("TIFF: {} bytes of points, {line} × {height} wanted", packed.len()));
    }
    let mut points = Vec::with_capacity(width * height);
    for row in packed.chunks_exact(line) {
        points.extend((0..width).map(|x| {
            let is_set = row[x / 8] >> (7 - x % 8) & 1 == 1;
            if is_set { 255 } else { 0 }
        }));
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiff::encoder::{TiffEncoder, colortype};

    /// A TIFF of one page of 3 × 2 points of one bit, not compressed.
    fn bits(photometric: u16, rows: [u8; 2], orientation: u16) -> Vec<u8> {
        let mut file = b"II\x2a\x00\x08\x00\x00\x00".to_vec();
        let entries: [(u16, u16, u32); 8] = [
            (256, 3, 3),
            (257, 3, 2),
            (258, 3, 1),
            (259, 3, 1),
            (262, 3, photometric.into()),
            (273, 4, 8 + 2 + 8 * 12 + 4),
            (274, 3, orientation.into()),
            (279, 4, 2),
        ];
        file.extend(8u16.to_le_bytes());
        for (tag, kind, value) in entries {
            file.extend(tag.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(1u32.to_le_bytes());
            file.extend(value.to_le_bytes());
        }
        file.extend([0; 4]);
        file.extend(rows);
        file
    }

    #[test]
    fn black_and_white_is_what_the_file_says_it_is() {
        // One: white where black is zero, black where white is zero.
        let rows = [0b1010_0000, 0b0110_0000];
        let read = |photometric| tiff_points(&bits(photometric, rows, 1)).unwrap().remove(0).bytes;
        assert_eq!(read(1), [255, 0, 255, 0, 255, 255]);
        assert_eq!(read(0), [0, 255, 0, 255, 0, 0]);
    }

    #[test]
    fn a_picture_is_set_upright_in_all_eight_ways() {
        let points = Points { width: 3, height: 2, channels: 1, bytes: vec![1, 2, 3, 4, 5, 6] };
        let wanted: [(u16, usize, [u8; 6]); 8] = [
            (1, 3, [1, 2, 3, 4, 5, 6]),
            (2, 3, [3, 2, 1, 6, 5, 4]),
            (3, 3, [6, 5, 4, 3, 2, 1]),
            (4, 3, [4, 5, 6, 1, 2, 3]),
            (5, 2, [1, 4, 2, 5, 3, 6]),
            (6, 2, [4, 1, 5, 2, 6, 3]),
            (7, 2, [6, 3, 5, 2, 4, 1]),
            (8, 2, [3, 6, 2, 5, 1, 4]),
        ];
        for (orientation, width, bytes) in wanted {
            let upright = points.clone().upright(orientation).unwrap();
            assert_eq!((upright.width, upright.bytes), (width, bytes.to_vec()), "{orientation}");
        }
        assert!(points.upright(9).is_err());
        let turned = tiff_points(&bits(1, [0b1000_0000, 0], 6)).unwrap().remove(0);
        assert_eq!((turned.width, turned.bytes), (2, vec![0, 255, 0, 0, 0, 0]));
    }

    #[test]
    fn every_page_of_a_tiff_is_read_and_one_that_is_cut_off_is_none() {
        let mut file = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut file).unwrap();
        encoder.write_image::<colortype::Gray8>(2, 1, &[7, 9]).unwrap();
        encoder.write_image::<colortype::RGB8>(1, 2, &[1, 2, 3, 4, 4, 4]).unwrap();
        let file = file.into_inner();
        let pages = tiff_points(&file).unwrap();
        let pages: Vec<_> = pages.into_iter().map(|p| (p.width, p.height, p.channels, p.bytes)).collect();
        assert_eq!(pages, [(2, 1, 1, vec![7, 9]), (1, 2, 3, vec![1, 2, 3, 4, 4, 4])]);
        for end in [0, 4, 9, file.len() / 2] {
            assert!(tiff_points(&file[..end]).is_err(), "{end}");
        }
        let deep = {
            let mut file = Cursor::new(Vec::new());
            TiffEncoder::new(&mut file).unwrap().write_image::<colortype::Gray16>(1, 1, &[9]).unwrap();
            file.into_inner()
        };
        assert!(tiff_points(&deep).unwrap_err().contains("Gray(16)"));
    }

    #[test]
    fn what_the_renderer_prints_is_read_whole_or_not_at_all() {
        assert!(ppm(b"P6\n2 1\n255\n\x01\x01\x01\x02\x02\x02").is_ok());
        for broken in
            [&b"P6\n2 1\n255\n\x01\x01\x01\x02\x02"[..], b"", b"P5\n1 1\n255\n\x01", b"P6\n0 1\n255\n", b"P6 9"]
        {
            assert!(ppm(broken).is_err(), "{broken:?}");
        }
        assert!(Points::new(2, 1, 3, vec![1, 1, 1, 2, 2, 2]).unwrap().channels == 1, "it is grey");
    }

    #[test]
    fn the_orientation_is_found_in_both_orders_of_bytes() {
        let little = b"II\x2a\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00";
        let big = b"MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x03\x00\x00";
        assert_eq!((exif_orientation(little), exif_orientation(big)), (Ok(6), Ok(3)));
        assert_eq!(exif_orientation(b"neither"), Ok(1));
        assert!(exif_orientation(&little[..19]).is_err());
    }
}
